//! What every step of one run shares.

use std::cell::{OnceCell, RefCell};

use wsusmigrate_core::content::Storage;
use wsusmigrate_core::database::connection::SecretSource;
use wsusmigrate_core::decide::{self, DatabaseRequest};
use wsusmigrate_core::event::run::Scope;
use wsusmigrate_core::plan::{DatabasePlan, Plan};
use wsusmigrate_core::projection::Migration;

use crate::adapter::database::{Connector, TdsConnector};
use crate::adapter::host::Host;
use crate::error::Failure;
use crate::executor::{Reads, Request, account};
use crate::exit::Exit;
use crate::show::Talk;
use crate::step::connector;
use crate::step::listings::{Folders, Listings};

/// What every step of one run shares.
pub struct Context<'a> {
    request: &'a Request,
    folders: Folders,
    /// The listings the checks made, for the content step that follows them.
    listings: RefCell<Option<Listings>>,
    /// What the source's journal says, where it was imported.
    source: Option<Migration>,
    host: OnceCell<Host>,
    connector: OnceCell<TdsConnector>,
    /// Where statements are left that only read.
    reads: Reads,
}

impl<'a> Context<'a> {
    /// The context of a run.
    #[must_use]
    pub fn new(request: &'a Request, source: Option<Migration>, reads: Reads) -> Self {
        Self {
            request,
            folders: Folders::of(&request.loaded),
            listings: RefCell::new(None),
            source,
            host: OnceCell::new(),
            connector: OnceCell::new(),
            reads,
        }
    }

    /// What the run was asked for.
    #[must_use]
    pub const fn request(&self) -> &Request {
        self.request
    }

    /// Where statements are left that only read, to be recorded.
    #[must_use]
    pub const fn reads(&self) -> &Reads {
        &self.reads
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
    pub fn asked(&self) -> decide::Request {
        let database = self.plan().database.as_ref().map(|plan| DatabaseRequest {
            quiesce: plan.quiesce,
            check: plan.check,
            again: self.request.scope == Scope::Database,
            approvals: plan.approvals(),
        });
        decide::Request {
            scope: self.request.scope,
            role: self.plan().migration.role,
            database,
            stored_on_microsoft_update: self.storage().on_microsoft_update,
            read_back: self.request.read_back,
        }
    }

    /// Where update files are stored, and who says so.
    #[must_use]
    pub fn storage(&self) -> Storage {
        Storage::of(&self.plan().content, self.source.as_ref().map(|source| &source.worksheet))
    }

    /// Whether a source that has a verified backup is backed up again.
    #[must_use]
    pub fn is_asked_again(&self) -> bool {
        self.asked().database.is_some_and(|asked| asked.again)
    }

    /// What the plan says of SUSDB.
    pub fn database(&self) -> Result<&DatabasePlan, Failure> {
        let planned = self.plan().database.as_ref();
        planned
            .ok_or_else(|| Failure::new(Exit::Usage, "the plan says nothing of SUSDB: it has no [database]"))
    }

    /// Who leaves DBCC CHECKDB before the source's backup out, and why; nothing where it is made.
    #[must_use]
    pub fn waiver(&self) -> Option<String> {
        let plan = self.plan().database.as_ref().filter(|plan| !plan.check)?;
        let (account, sid) = account();
        let why = plan.check_waived_because.as_deref().unwrap_or_default();
        Some(format!("{account} ({sid}): {why}"))
    }

    /// What the source's journal says.
    pub fn source(&self) -> Result<&Migration, Failure> {
        self.source.as_ref().ok_or_else(|| {
            Failure::new(Exit::Stopped, "the source's journal was not imported: its worksheet and its backup are not known")
                .hint("On the source `wsusmigrate journal export --bundle FILE`, here `wsusmigrate journal import FILE`.")
        })
    }

    /// This server, with the tools to ask and change it.
    pub fn host(&self) -> Result<&Host, Failure> {
        if let Some(host) = self.host.get() {
            return Ok(host);
        }
        let folder = self.request.journal.join("scripts");
        let opened = Host::open(self.request.tools.clone(), &folder, self.secret_variables());
        let host = opened.map_err(|error| {
            Failure::new(Exit::Failed, format!("cannot write the scripts into {}", folder.display()))
                .because(&error)
        })?;
        Ok(self.host.get_or_init(|| host))
    }

    /// How connections to this host's engine are opened.
    pub fn connector(&self) -> Result<&dyn Connector, Failure> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let connector = connector::of_plan(self)?;
        Ok(self.connector.get_or_init(|| connector))
    }

    /// Environment variables the plan names as sources of secrets: no child sees them.
    fn secret_variables(&self) -> Vec<String> {
        let source = self.plan().database.as_ref().and_then(|plan| plan.secret().ok().flatten());
        match source {
            Some(SecretSource::Environment(name)) => vec![name],
            Some(SecretSource::Prompt | SecretSource::File(_)) | None => Vec::new(),
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
