//! Where the Slack token is installed: known once `auth.test` has answered.

use super::App;
use crate::slack::Installation;
use std::sync::Arc;
use tokio::sync::watch;

/// Shared knowledge of the installation. Before it is known, nobody can be identified.
#[derive(Clone, Debug)]
pub struct Installed(Arc<watch::Sender<Option<Arc<Installation>>>>);

impl Default for Installed {
    fn default() -> Self {
        Self(Arc::new(watch::channel(None).0))
    }
}

impl Installed {
    /// The installation, once it is known.
    pub fn get(&self) -> Option<Arc<Installation>> {
        self.0.borrow().clone()
    }

    /// Follows what is known.
    pub fn subscribe(&self) -> watch::Receiver<Option<Arc<Installation>>> {
        self.0.subscribe()
    }

    /// Remembers what `auth.test` said.
    pub fn set(&self, installation: Installation) {
        self.0.send_replace(Some(Arc::new(installation)));
    }
}

impl App {
    /// Asks `auth.test` until it has answered, slower each time.
    pub async fn learn_installation(&self) {
        let mut pause = std::time::Duration::from_secs(1);
        while self.installed.get().is_none() {
            match self.slack.auth_test().await {
                Ok(installation) => {
                    tracing::info!(team = %installation.team, "Slack says where the bot is installed");
                    self.installed.set(installation);
                }
                Err(error) => {
                    tracing::warn!(%error, "Slack has not said yet where the bot is installed; asking again");
                    self.clock.sleep(pause).await;
                    pause = (pause * 2).min(std::time::Duration::from_mins(1));
                }
            }
        }
    }
}
