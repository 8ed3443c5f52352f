//! The pictures of README and `docs/`, taken while the stories are told.

use super::window::Window;
use std::fs;
use std::path::Path;

/// Small enough to be loaded with a page, on a telephone too.
const LARGEST: u64 = 150_000;
/// Where pictures go; without it none are taken.
const FOLDER: &str = "LAPSE_SCREENSHOTS";

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    RequestForm,
    ApprovalCard,
    ActiveCard,
    Denied,
    ApproveForLess,
    Ended,
    Reachable,
    Phone,
    Dark,
    ForAMessage,
    Step,
    ToConfirm,
    Home,
}

impl Picture {
    const ALL: [Self; 13] = [
        Self::RequestForm,
        Self::ApprovalCard,
        Self::ActiveCard,
        Self::Denied,
        Self::ApproveForLess,
        Self::Ended,
        Self::Reachable,
        Self::Phone,
        Self::Dark,
        Self::ForAMessage,
        Self::Step,
        Self::ToConfirm,
        Self::Home,
    ];

    fn file(self) -> &'static str {
        match self {
            Self::RequestForm => "request-form.png",
            Self::ApprovalCard => "approval-card.png",
            Self::ActiveCard => "active-card.png",
            Self::Denied => "denied.png",
            Self::ApproveForLess => "approve-for-less.png",
            Self::Ended => "ended.png",
            Self::Reachable => "reachable.png",
            Self::Phone => "phone.png",
            Self::Dark => "dark.png",
            Self::ForAMessage => "for-a-message.png",
            Self::Step => "step.png",
            Self::ToConfirm => "to-confirm.png",
            Self::Home => "home.png",
        }
    }

    /// The part of the page that is shown.
    fn part(self) -> &'static str {
        match self {
            Self::RequestForm | Self::ApproveForLess | Self::ForAMessage => "dialog[open]",
            Self::ApprovalCard
            | Self::ActiveCard
            | Self::Denied
            | Self::Ended
            | Self::ToConfirm => Window::NEWEST,
            Self::Step => "#workflows",
            Self::Home => ".home",
            Self::Reachable => "[data-device=ada-mbp]",
            Self::Phone => ".conversation",
            Self::Dark => ".slack",
        }
    }

    /// The size of the window: high enough for all of it.
    fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (375, 1100),
            _ => (720, 1400),
        }
    }
}

impl Window {
    /// Takes a picture, if pictures are wanted.
    pub async fn photo(&self, picture: Picture) {
        let Some(folder) = std::env::var_os(FOLDER) else {
            return;
        };
        let (width, height) = picture.size();
        self.resize(width, height).await;
        let png = self.photograph(picture.part()).await;
        let file = Path::new(&folder).join(picture.file());
        fs::write(&file, png).expect("the picture can be written");
        self.resize(1280, 900).await;
    }
}

#[test]
fn every_picture_is_there_and_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let mut found: Vec<String> = fs::read_dir(&folder)
        .expect("pictures: scripts/screenshots.sh takes them")
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    found.sort();
    let mut wanted = Picture::ALL.map(Picture::file);
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for name in wanted {
        let bytes = fs::metadata(folder.join(name)).expect("a file").len();
        assert!(bytes <= LARGEST, "{name} has {bytes} bytes");
    }
}
