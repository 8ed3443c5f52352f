//! Stories, told through the front door: signed bytes in, stand-ins observed over HTTP.

mod bad_input;
mod crash;
mod demo;
mod edge_faults;
mod form;
mod group_approvers;
mod home;
mod lines;
mod main_path;
mod on_the_command_line;
mod people;
mod reminders;
mod replicas;
mod reviews;
mod slack_faults;
mod socket_mode;
mod steps;
mod tailscale_faults;
mod words;
