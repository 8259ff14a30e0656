-- Writes accounts/tenants.yaml from a customer database; nothing is written when a name is not usable.
--   duckdb customers.duckdb < tenants.sql
COPY (
  SELECT line
  FROM (
    SELECT '' AS slug, '# Made by tenants.sql: change the customer database, not this file.' || chr(10) || 'accounts:' AS line
    UNION ALL
    SELECT
      slug,
      '  tenant_' || CASE WHEN regexp_full_match(slug, '[a-z0-9_]+') THEN slug ELSE error('not a name: ' || slug) END
        || CASE plan WHEN 'large' THEN ': { template: tenant, ducklings: large }' ELSE ': { template: tenant }' END
    FROM customers
    WHERE active
  )
  ORDER BY slug
) TO 'accounts/tenants.yaml' (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '');
