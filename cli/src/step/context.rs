//! What every step of one run shares.

use std::cell::RefCell;

use wsusmigrate_core::decide;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::Plan;
use wsusmigrate_core::projection::Migration;

use crate::error::Failure;
use crate::executor::Request;
use crate::exit::Exit;
use crate::show::Talk;
use crate::step::listings::{Folders, Listings};

/// What every step of one run shares.
pub struct Context<'a> {
    request: &'a Request,
    folders: Folders,
    /// The listings the checks made, for the content step that follows them.
    listings: RefCell<Option<Listings>>,
}

impl<'a> Context<'a> {
    /// The context of a run.
    #[must_use]
    pub fn new(request: &'a Request) -> Self {
        Self { request, folders: Folders::of(&request.loaded), listings: RefCell::new(None) }
    }

    /// What the run was asked for.
    #[must_use]
    pub const fn request(&self) -> &Request {
        self.request
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.request.loaded.plan
    }

    /// The two content roots.
    #[must_use]
    pub const fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Where people are told what goes on.
    #[must_use]
    pub const fn talk(&self) -> Talk {
        self.request.talk
    }

    /// What core needs to know of the request.
    #[must_use]
    pub const fn asked(&self) -> decide::Request {
        decide::Request {
            scope: self.request.scope,
            role: Role::Destination,
            database: None,
            stored_on_microsoft_update: self.plan().content.stored_on_microsoft_update,
            read_back: self.request.read_back,
        }
    }

    /// Keeps listings for the step that follows.
    pub(super) fn keep(&self, listings: Listings) {
        *self.listings.borrow_mut() = Some(listings);
    }

    /// Takes the listings an earlier step kept.
    pub(super) fn take_listings(&self) -> Option<Listings> {
        self.listings.borrow_mut().take()
    }
}

/// Refuses a plan whose destination is not the one the journal's records speak of: what is recorded as in place
/// would be looked for where it never was.
pub fn check_destination(state: &Migration, request: &Request) -> Result<(), Failure> {
    let Some(manifest) = &state.content.manifest else { return Ok(()) };
    let destination = Folders::of(&request.loaded).destination_shown();
    if manifest.destination.as_str() == destination.as_str() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!("the journal's migration goes to {}, the plan to {destination}", manifest.destination),
    )
    .hint("Give the plan another migration.name, so that it has a journal of its own, or set the destination back."))
}
