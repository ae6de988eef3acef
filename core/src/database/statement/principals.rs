//! Users of SUSDB and logins of the engine.

use super::{Identifier, Purpose, Statement, susdb};

/// The users of SUSDB, one row a role: `name`, `type` (`S` SQL, `U` Windows account, `G` Windows group), `sid`, `role_name`
/// (`NULL` without a role). `dbo`, `guest` and the two schemas' own users (numbers 1 to 4) are none.
#[must_use]
pub fn users() -> Statement {
    let susdb = susdb();
    let text = format!(
        "SELECT p.name, p.type, p.sid, r.name AS role_name FROM {susdb}.sys.database_principals AS p \
         LEFT JOIN {susdb}.sys.database_role_members AS m ON m.member_principal_id = p.principal_id \
         LEFT JOIN {susdb}.sys.database_principals AS r ON r.principal_id = m.role_principal_id \
         WHERE p.type IN (N'S', N'U', N'G') AND p.principal_id > 4 ORDER BY p.name, r.name;"
    );
    Statement::new(Purpose::Users, text)
}

/// The logins of the engine: `name`, `type`, `sid`, `is_disabled`.
#[must_use]
pub fn server_logins() -> Statement {
    let text = "SELECT name, type, sid, is_disabled FROM sys.server_principals \
                WHERE type IN (N'S', N'U', N'G') ORDER BY name;";
    Statement::new(Purpose::Logins, text.to_owned())
}

/// Ties a user of SUSDB to a login. It gives no rights on the server.
#[must_use]
pub fn mend_user(user: &Identifier, login: &Identifier) -> Statement {
    let text = format!("USE {};\nALTER USER {user} WITH LOGIN = {login};", susdb());
    Statement::new(Purpose::MendUser, text)
}

/// Lets a Windows account log in, without any server role.
#[must_use]
pub fn create_login(account: &Identifier) -> Statement {
    let text = format!("CREATE LOGIN {account} FROM WINDOWS WITH DEFAULT_DATABASE = {};", susdb());
    Statement::new(Purpose::CreateLogin, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_stand_in_brackets() {
        let account = Identifier::new("CORP\\NEWWSUS$").unwrap();
        assert_eq!(
            create_login(&account).text(),
            "CREATE LOGIN [CORP\\NEWWSUS$] FROM WINDOWS WITH DEFAULT_DATABASE = [SUSDB];"
        );
        let user = Identifier::new("x] WITH LOGIN = [sa").unwrap();
        assert_eq!(
            mend_user(&user, &account).text(),
            "USE [SUSDB];\nALTER USER [x]] WITH LOGIN = [sa] WITH LOGIN = [CORP\\NEWWSUS$];"
        );
    }
}
