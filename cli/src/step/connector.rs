//! Which engine holds this host's SUSDB, and how it is reached: the plan says, or WSUS's own registry values do.

use std::sync::Arc;

use wsusmigrate_core::database::connection::Target;
use wsusmigrate_core::plan::DatabasePlan;

use crate::adapter::database::{Limits, Secret, SecretError, TdsConnector};
use crate::error::Failure;
use crate::exit::Exit;
use crate::platform;
use crate::step::context::Context;

/// The connector of the plan. A password that is asked for is asked for here, once a run.
pub(super) fn of_plan(context: &Context<'_>) -> Result<TdsConnector, Failure> {
    let plan = context.database()?;
    let usage = |error: wsusmigrate_core::plan::PlanError| Failure::new(Exit::Usage, error.to_string());
    let target = match plan.target().map_err(usage)? {
        Some(target) => target,
        None => of_registry(context)?,
    };
    let login = match (&plan.login, plan.secret().map_err(usage)?) {
        (Some(login), Some(source)) => {
            let secret = Secret::read(&source, login).map_err(|error| no_password(login, &error))?;
            Some((login.clone(), Arc::new(secret)))
        }
        _ => None,
    };
    Ok(TdsConnector {
        target,
        login,
        encryption: plan.encryption,
        limits: Limits::of_plan(plan.statement_max()),
    })
}

/// Refuses a plan whose password is not where it says. It is asked before the plan is kept as evidence: what stands in the
/// place of a file or of a variable may be the password itself.
pub fn refuse_without_password(plan: &DatabasePlan) -> Result<(), Failure> {
    let source = plan.secret().map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    let (Some(login), Some(source)) = (&plan.login, source) else { return Ok(()) };
    Secret::look_for(&source).map_err(|error| no_password(login, &error))
}

fn no_password(login: &str, error: &SecretError) -> Failure {
    Failure::new(Exit::Usage, format!("there is no password for the SQL login {login}"))
        .because(error)
        .hint("Set database.password to prompt, env:NAME or file:PATH with the whole path.")
}

/// WSUS's registry values: `SqlServerName` says which engine, and `SqlDatabaseName` is always SUSDB.
fn of_registry(context: &Context<'_>) -> Result<Target, Failure> {
    let setup = context.host()?.setup().map_err(|error| {
        Failure::new(Exit::Failed, "WSUS's registry values cannot be read").because(&error).hint(
            "Say how SUSDB is reached: database.server = \"wid\", \"HOST\\\\INSTANCE\" or \"HOST,PORT\".",
        )
    })?;
    let Some(name) = setup.sql_server_name else {
        return Err(Failure::new(
            Exit::Failed,
            "the registry does not say where SUSDB is: is WSUS installed here?",
        )
        .hint("Say it in the plan: database.server."));
    };
    let host = platform::host_name().unwrap_or_else(|_| "localhost".to_owned());
    Target::from_registry(&name, &host).map_err(|error| {
        Failure::new(Exit::Failed, format!("the registry's SqlServerName is {name:?}")).because(&error)
    })
}
