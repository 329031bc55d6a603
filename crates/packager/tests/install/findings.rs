//! What rpmlint and lintian say.
