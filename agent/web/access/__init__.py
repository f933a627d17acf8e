"""Who may use the site: the plan, the guards in front of it, logins and sessions."""
