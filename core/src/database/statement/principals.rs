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

/// The login that a text which begins with [`create_login`] creates; nothing where it begins otherwise.
#[must_use]
pub fn created_login(text: &str) -> Option<Identifier> {
    let name = text.strip_prefix("CREATE LOGIN [")?.split("] FROM WINDOWS").next()?.replace("]]", "]");
    Identifier::new(&name).ok().filter(|login| text.starts_with(create_login(login).text()))
}

/// Takes a login away again: what undoes [`create_login`]. Users of databases stay, as orphans.
#[must_use]
pub fn drop_login(account: &Identifier) -> Statement {
    Statement::new(Purpose::DropLogin, format!("DROP LOGIN {account};"))
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
        for name in ["CORP\\NEWWSUS$", "a]b", "x] FROM WINDOWS"] {
            let login = Identifier::new(name).unwrap();
            let text = format!("{}\nUSE [SUSDB];", create_login(&login).text());
            assert!(created_login(&text).is_none_or(|read| read == login), "{name}");
        }
        assert_eq!(created_login(create_login(&account).text()), Some(account.clone()));
        assert_eq!(created_login("USE [SUSDB];\nCREATE LOGIN [a] FROM WINDOWS"), None);
        assert_eq!(drop_login(&account).text(), "DROP LOGIN [CORP\\NEWWSUS$];");
        let user = Identifier::new("x] WITH LOGIN = [sa").unwrap();
        assert_eq!(
            mend_user(&user, &account).text(),
            "USE [SUSDB];\nALTER USER [x]] WITH LOGIN = [sa] WITH LOGIN = [CORP\\NEWWSUS$];"
        );
    }
}
