//! Reads the device list while it arrives.
//!
//! The list of a large tailnet is some 60 MB and comes whole, so neither the text nor a tree
//! of it is ever held: the reader follows strings and brackets from chunk to chunk, cuts out
//! one device at a time and keeps the few fields that Lapse uses.

use super::model::WireDevice;
use crate::domain::device::Device;

/// No device is nearly as long.
const LONGEST_DEVICE: usize = 1024 * 1024;
/// Deeper nesting is no device list.
const DEEPEST: usize = 128;
/// The depth between the brackets of the list: `{"devices":[` *here*.
const IN_LIST: usize = 2;
const LIST_KEY: &[u8] = b"devices";

/// Why a body is no device list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ListError {
    #[error("the device list is not a JSON object")]
    NotAnObject,
    #[error("the device list broke off")]
    BrokeOff,
    #[error("the answer holds no device list")]
    NoList,
    #[error("a device in the list is too long")]
    TooLong,
    #[error("no device in the list could be read")]
    Unreadable,
}

/// Takes the body in chunks of any size and gives the devices at the end.
#[derive(Default)]
pub(super) struct DeviceListReader {
    text: Text,
    depth: usize,
    whole: bool,
    /// The latest string directly inside the outermost object, and whether it is the list's key.
    word: Vec<u8>,
    list_is_next: bool,
    list: List,
    element: Option<Vec<u8>>,
    devices: Vec<Device>,
    unread: usize,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Text {
    #[default]
    Outside,
    Inside,
    AfterBackslash,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum List {
    #[default]
    Unseen,
    Open,
    Complete,
}

impl DeviceListReader {
    /// Reads on.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), ListError> {
        let mut element_from = 0;
        for (at, &byte) in chunk.iter().enumerate() {
            match self.text {
                Text::AfterBackslash => self.text = Text::Inside,
                Text::Inside => match byte {
                    b'\\' => self.text = Text::AfterBackslash,
                    b'"' => self.text = Text::Outside,
                    _ if self.depth == 1 && self.word.len() <= LIST_KEY.len() => {
                        self.word.push(byte);
                    }
                    _ => {}
                },
                Text::Outside => match byte {
                    b'"' => self.open_text()?,
                    b'{' | b'[' => {
                        if self.open(byte)? {
                            element_from = at;
                        }
                    }
                    b'}' | b']' => {
                        if self.close(byte)? {
                            self.take_part(&chunk[element_from..=at])?;
                            self.read_element();
                        }
                    }
                    _ => self.between(byte)?,
                },
            }
        }
        if self.element.is_some() {
            self.take_part(&chunk[element_from..])?;
        }
        Ok(())
    }

    /// Gives the devices of a list that has come to its end, and how many were unreadable.
    pub(super) fn finish(self) -> Result<(Vec<Device>, usize), ListError> {
        if !self.whole {
            Err(ListError::BrokeOff)
        } else if self.list != List::Complete {
            Err(ListError::NoList)
        } else if self.devices.is_empty() && self.unread > 0 {
            Err(ListError::Unreadable)
        } else {
            Ok((self.devices, self.unread))
        }
    }

    fn open_text(&mut self) -> Result<(), ListError> {
        match self.depth {
            0 => return Err(ListError::NotAnObject),
            1 => self.word.clear(),
            _ => {}
        }
        self.text = Text::Inside;
        Ok(())
    }

    /// Goes one level down; tells whether a device begins here.
    fn open(&mut self, bracket: u8) -> Result<bool, ListError> {
        match self.depth {
            0 if bracket != b'{' || self.whole => return Err(ListError::NotAnObject),
            1 if bracket == b'[' && self.list_is_next => self.list = List::Open,
            DEEPEST => return Err(ListError::TooLong),
            _ => {}
        }
        let begins = bracket == b'{' && self.depth == IN_LIST && self.list == List::Open;
        if begins {
            self.element = Some(Vec::new());
        }
        self.depth += 1;
        Ok(begins)
    }

    /// Goes one level up; tells whether a device ends here.
    fn close(&mut self, bracket: u8) -> Result<bool, ListError> {
        self.depth = self.depth.checked_sub(1).ok_or(ListError::NotAnObject)?;
        match self.depth {
            0 => self.whole = true,
            1 if bracket == b']' && self.list == List::Open => self.list = List::Complete,
            _ => {}
        }
        Ok(self.depth == IN_LIST && self.element.is_some())
    }

    /// Anything that is neither text nor a bracket.
    fn between(&mut self, byte: u8) -> Result<(), ListError> {
        match (self.depth, byte) {
            (0, _) if !byte.is_ascii_whitespace() => return Err(ListError::NotAnObject),
            (1, b':') => self.list_is_next = self.word == LIST_KEY,
            (1, b',') => self.list_is_next = false,
            // An empty list of Go's may be written `null`.
            (1, b'n') if self.list_is_next => self.list = List::Complete,
            _ => {}
        }
        Ok(())
    }

    fn take_part(&mut self, part: &[u8]) -> Result<(), ListError> {
        let Some(element) = &mut self.element else {
            return Ok(());
        };
        if element.len() + part.len() > LONGEST_DEVICE {
            return Err(ListError::TooLong);
        }
        element.extend_from_slice(part);
        Ok(())
    }

    /// One device that cannot be read hides none of the others.
    fn read_element(&mut self) {
        let element = self.element.take().unwrap_or_default();
        let device = serde_json::from_slice::<WireDevice>(&element)
            .ok()
            .and_then(WireDevice::into_device);
        match device {
            Some(device) => self.devices.push(device),
            None => self.unread += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(body: &[u8], chunk: usize) -> Result<(Vec<Device>, usize), ListError> {
        let mut reader = DeviceListReader::default();
        for chunk in body.chunks(chunk.max(1)) {
            reader.push(chunk)?;
        }
        reader.finish()
    }

    fn names(body: &str, chunk: usize) -> Vec<String> {
        let (devices, _) = read(body.as_bytes(), chunk).expect("a device list");
        devices.into_iter().map(|device| device.name).collect()
    }

    #[test]
    fn every_cut_gives_the_same_devices() {
        let body = r#" {"before": {"devices": [{"nodeId": "wrong"}]}, "note": "devices\": [{",
            "devices": [
                {"nodeId": "n1", "hostname": "br}ce \" \\", "extra": {"a": [1, {"b": "]"}]}},
                {"nodeId": "n2", "hostname": "\u0061da \ud83d\ude00 ä"}
            ], "after": ["devices", {"nodeId": "wrong"}]} "#;
        for chunk in 1..=body.len() {
            assert_eq!(
                names(body, chunk),
                ["br}ce \" \\", "ada 😀 ä"],
                "chunks of {chunk}"
            );
        }
    }

    #[test]
    fn an_empty_tailnet_has_no_devices() {
        for body in [
            r#"{"devices":[]}"#,
            r#"{"devices":null}"#,
            r#"{ "devices" : [ ] }"#,
        ] {
            assert_eq!(read(body.as_bytes(), 3), Ok((vec![], 0)));
        }
    }

    #[test]
    fn what_is_no_list_is_refused_and_never_taken_for_an_empty_one() {
        let refused = [
            ("", ListError::BrokeOff),
            (r#"{"devices":[{"nodeId":"n1"}"#, ListError::BrokeOff),
            (r#"{"devices":[{"nodeId":"n1"}]"#, ListError::BrokeOff),
            (r#"{"message":"devices"}"#, ListError::NoList),
            (r#"{"devices":{"nodeId":"n1"}}"#, ListError::NoList),
            ("[]", ListError::NotAnObject),
            ("null", ListError::NotAnObject),
            ("}", ListError::NotAnObject),
            ("<html>", ListError::NotAnObject),
            (r#"{"devices":[{"nodeId":7}]}"#, ListError::Unreadable),
        ];
        for (body, why) in refused {
            assert_eq!(read(body.as_bytes(), 4), Err(why), "{body}");
        }
    }

    #[test]
    fn one_unreadable_device_hides_none_of_the_others() {
        let body = r#"{"devices":[{"nodeId":"n1"},{"name":"no id"},{"nodeId":"n3","tags":5}]}"#;
        let (devices, unread) = read(body.as_bytes(), 7).expect("a device list");
        assert_eq!((devices.len(), unread), (1, 2));
    }

    #[test]
    fn neither_depth_nor_length_is_without_end() {
        let deep = format!(r#"{{"devices":[{}"#, "[".repeat(10_000));
        assert_eq!(read(deep.as_bytes(), 1000), Err(ListError::TooLong));
        let long = format!(r#"{{"devices":[{{"name":"{}"#, "x".repeat(LONGEST_DEVICE));
        assert_eq!(read(long.as_bytes(), 1000), Err(ListError::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_in_any_chunks_comes_through(
            hostnames in prop::collection::vec(r#"["\\{}\[\],:a-zä😀\n]{1,12}"#, 0..12),
            cuts in prop::collection::vec(1usize..40, 1..40),
        ) {
            let devices: Vec<_> = hostnames.iter().enumerate()
                .map(|(n, name)| json!({"nodeId": format!("n{n}"), "hostname": name, name: [name]}))
                .collect();
            let body = serde_json::to_vec(&json!({"a\"": hostnames, "devices": devices}))
                .expect("it is JSON");
            let mut reader = DeviceListReader::default();
            let mut rest = body.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (chunk, later) = rest.split_at((*cut).min(rest.len()));
                prop_assert_eq!(reader.push(chunk), Ok(()));
                rest = later;
            }
            let (devices, unread) = reader.finish().expect("it is a device list");
            let names: Vec<_> = devices.into_iter().map(|device| device.name).collect();
            prop_assert_eq!(names, hostnames);
            prop_assert_eq!(unread, 0);
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(
            prop::sample::select(br#"{}[]",:\ndevic es1"#.to_vec()), 0..200)) {
            let _ = read(&body, 5);
        }
    }
}
