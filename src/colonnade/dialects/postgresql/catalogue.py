"""The queries on pg_catalog, from PostgreSQL 13 on. `:schemas` are the names of the schemas to read.

Each gives `schema`, `relation` for what belongs to a table, `name`, and a column for each clause: NULL,
false or an empty text where there's nothing to say. What has the type "char" is cast, since asyncpg
gives it as bytes.
"""

from __future__ import annotations

_OWN = """NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalogue}'::regclass
           AND e.objid = {oid} AND e.deptype = 'e')"""


def _own(catalogue: str, oid: str) -> str:
    """Give the condition that an object belongs to no extension."""
    return _OWN.format(catalogue=catalogue, oid=oid)


# What a user makes has a number from 16384 on. Kinds of which there's nothing needn't be asked for: of twelve
# queries, of 0.5 ms for planning alone, most schemas need six.
DATABASE = """
SELECT current_setting('server_version_num')::int AS version, current_setting('search_path') AS path,
       current_schema() AS own, (SELECT array_agg(nspname::text) FROM pg_namespace) AS schemas,
       (SELECT array_agg(nspname::text) FROM pg_namespace WHERE has_schema_privilege(oid, 'USAGE')) AS usable,
       EXISTS (SELECT FROM pg_sequence) AS sequences,
       EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal) AS triggers,
       EXISTS (SELECT FROM pg_rewrite WHERE rulename <> '_RETURN' AND ev_class >= 16384) AS rules,
       EXISTS (SELECT FROM pg_policy) AS policies,
       EXISTS (SELECT FROM pg_statistic_ext) AS statistics,
       EXISTS (SELECT FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
               WHERE pg_type.oid >= 16384 AND (typtype IN ('e', 'd', 'r') OR relkind = 'c'
                                               OR typtype = 'b' AND typelem = 0)) AS types,
       EXISTS (SELECT FROM pg_proc WHERE oid >= 16384) AS functions,
       EXISTS (SELECT FROM pg_collation WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_operator WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_opclass WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_opfamily WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_conversion WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_ts_config WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_ts_dict WHERE oid >= 16384) AS others,
       pg_encoding_to_char(encoding) AS encoding, datcollate AS collation, datctype AS ctype
FROM pg_database WHERE datname = current_database()
"""

RELATIONS = f"""
SELECT n.nspname AS schema, NULL AS relation, c.relname AS name, c.relkind::text AS kind,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END AS definition,
       CASE WHEN c.relkind IN ('r', 'm') AND am.amname <> 'heap' THEN am.amname END AS method,
       array_to_string(c.reloptions, ', ') AS options,
       (SELECT array_to_string(t.reloptions, ', ') FROM pg_class t WHERE t.oid = c.reltoastrelid)
            AS toast_options,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
       CASE WHEN c.relispartition THEN
            (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid)
            || ' ' || pg_get_expr(c.relpartbound, c.oid, true) END AS partition_of,
       CASE WHEN NOT c.relispartition THEN
            (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
             FROM pg_inherits i WHERE i.inhrelid = c.oid) END AS inherits,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS forced_row_security,
       CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END
            AS replica_identity,
       fs.srvname AS server, array_to_string(ft.ftoptions, ', ') AS foreign_options,
       CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'no' END AS populated,
       obj_description(c.oid, 'pg_class') AS comment,
       pg_get_userbyid(c.relowner) AS owner, c.relacl::text AS grants, ts.spcname AS tablespace,
       (SELECT string_agg(p.pubname, ', ' ORDER BY p.pubname) FROM pg_publication_rel r
        JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = c.oid) AS publications
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
WHERE n.nspname IN :schemas AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_own("pg_class", "c.oid")}
"""

# Of a view the columns are in its text, but for what was set on them afterwards. pg_attver is a stamp that
# some servers (a 15.20 did) put on each column by themselves, another one when a table is made or rewritten.
COLUMNS = f"""
SELECT * FROM (
SELECT n.nspname AS schema, c.relname AS relation, a.attname AS name, c.relkind::text AS kind,
       row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS position,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END AS nullable,
       CASE WHEN {{generated}} = '' THEN pg_get_expr(d.adbin, d.adrelid, true) END AS default,
       CASE WHEN {{generated}} <> '' THEN pg_get_expr(d.adbin, d.adrelid, true) END AS generated,
       CASE {{generated}} WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS kept,
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
       CASE WHEN a.attstorage <> t.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                 WHEN 'x' THEN 'extended' END END AS storage,
       CASE {{compression}} WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS statistics,
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attoptions) AS o
        WHERE o NOT LIKE 'pg\\_attver=%') AS options,
       array_to_string(a.attfdwoptions, ', ') AS foreign_options,
       CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'and its own' ELSE 'yes' END END
            AS inherited,
       col_description(a.attrelid, a.attnum) AS comment, a.attacl::text AS grants
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname IN :schemas AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
  AND {_own("pg_class", "c.oid")}
) AS columns
WHERE kind NOT IN ('v', 'm') OR statistics IS NOT NULL
   OR coalesce("default", storage, compression, options, comment, grants) IS NOT NULL
"""

# A key's index is the key's own; the triggers that carry out a foreign key can be switched off.
CONSTRAINTS = f"""
SELECT n.nspname AS schema, c.relname AS relation, con.conname AS name, con.contype::text AS kind,
       pg_get_constraintdef(con.oid, true) AS definition,
       CASE WHEN con.coninhcount > 0 THEN CASE WHEN con.conislocal THEN 'and its own' ELSE 'yes' END END
            AS inherited,
       (SELECT 'switched off' FROM pg_trigger t WHERE t.tgconstraint = con.oid AND t.tgenabled = 'D' LIMIT 1)
            AS triggers,
       CASE WHEN NOT i.indisvalid THEN 'no' END AS index_valid,
       array_to_string(ic.reloptions, ', ') AS index_options,
       i.indisclustered AS index_clustered, i.indisreplident AS index_replica_identity,
       ts.spcname AS index_tablespace, obj_description(con.oid, 'pg_constraint') AS comment
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = con.conindid AND con.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
WHERE n.nspname IN :schemas AND {_own("pg_class", "c.oid")}
"""

INDEXES = f"""
SELECT n.nspname AS schema, c.relname AS relation, ic.relname AS name, quote_ident(ic.relname) AS quoted,
       pg_get_indexdef(i.indexrelid, 0, true) AS definition, i.indisunique AS unique,
       CASE WHEN NOT i.indisvalid THEN 'no' END AS valid, i.indisclustered AS clustered,
       i.indisreplident AS replica_identity, ts.spcname AS tablespace,
       (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
            AS partition_of,
       (SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS statistics,
       obj_description(i.indexrelid, 'pg_class') AS comment
FROM pg_index i
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
WHERE n.nspname IN :schemas AND c.relkind IN ('r', 'p', 'm') AND {_own("pg_class", "c.oid")}
  AND NOT EXISTS (SELECT FROM pg_constraint k
                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""

SEQUENCES = f"""
SELECT n.nspname AS schema, oc.relname AS relation, c.relname AS name, format_type(s.seqtypid, NULL) AS type,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum,
       s.seqcache AS cache, s.seqcycle AS cycle,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
       a.attname AS owned_by, obj_description(c.oid, 'pg_class') AS comment,
       pg_get_userbyid(c.relowner) AS owner, c.relacl::text AS grants,
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE')
            THEN coalesce(pg_sequence_last_value(c.oid)::text, 'not used')
            ELSE 'not allowed to see' END AS last
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
     AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class oc ON oc.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE n.nspname IN :schemas AND {_own("pg_class", "c.oid")}
"""

TRIGGERS = f"""
SELECT n.nspname AS schema, c.relname AS relation, t.tgname AS name,
       pg_get_triggerdef(t.oid, true) AS definition, t.tgenabled::text AS enabled,
       obj_description(t.oid, 'pg_trigger') AS comment
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN :schemas AND NOT t.tgisinternal AND {_own("pg_class", "c.oid")}
"""

RULES = f"""
SELECT n.nspname AS schema, c.relname AS relation, r.rulename AS name,
       pg_get_ruledef(r.oid, true) AS definition, r.ev_enabled::text AS enabled,
       obj_description(r.oid, 'pg_rewrite') AS comment
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN :schemas AND r.rulename <> '_RETURN' AND {_own("pg_class", "c.oid")}
"""

POLICIES = """
SELECT n.nspname AS schema, c.relname AS relation, p.polname AS name,
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
       CASE WHEN NOT p.polpermissive THEN 'no' END AS permissive,
       (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END, ', '
                          ORDER BY pg_get_userbyid(r)::text) FROM unnest(p.polroles) AS r) AS roles,
       pg_get_expr(p.polqual, p.polrelid, true) AS using,
       pg_get_expr(p.polwithcheck, p.polrelid, true) AS check,
       obj_description(p.oid, 'pg_policy') AS comment
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN :schemas
"""

STATISTICS = """
SELECT n.nspname AS schema, c.relname AS relation, s.stxname AS name,
       pg_get_statisticsobjdef(s.oid) AS definition,
       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END AS target,
       obj_description(s.oid, 'pg_statistic_ext') AS comment
FROM pg_statistic_ext s
JOIN pg_class c ON c.oid = s.stxrelid
JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname IN :schemas
"""

# A table's row type and each array type come with their table or type.
TYPES = f"""
SELECT n.nspname AS schema, NULL AS relation, t.typname AS name, t.typtype::text AS kind,
       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
       CASE WHEN t.typtype = 'c' THEN
            (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attcollation <> at.typcollation
                            THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END,
                    ', ' ORDER BY a.attnum)
             FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
             WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END AS attributes,
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
       CASE WHEN t.typtype = 'd' THEN CASE WHEN t.typnotnull THEN 'no' ELSE 'yes' END END AS nullable,
       CASE WHEN t.typtype = 'd' THEN t.typdefault END AS default,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
            THEN t.typcollation::regcollation::text END AS collation,
       CASE WHEN t.typtype = 'd' THEN
            (SELECT json_object_agg('check ' || k.conname, pg_get_constraintdef(k.oid, true)
                                    ORDER BY k.conname)
             FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') END AS checks,
       CASE WHEN r.rngtypid IS NOT NULL THEN format_type(r.rngsubtype, NULL) END AS subtype,
       (SELECT opcname FROM pg_opclass o WHERE o.oid = r.rngsubopc AND NOT o.opcdefault) AS opclass,
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END AS canonical,
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END AS difference,
       obj_description(t.oid, 'pg_type') AS comment,
       pg_get_userbyid(t.typowner) AS owner, t.typacl::text AS grants
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_range r ON r.rngtypid = t.oid
WHERE n.nspname IN :schemas AND {_own("pg_type", "t.oid")}
  AND (t.typtype IN ('e', 'd', 'r')
       OR t.typtype = 'c' AND (SELECT k.relkind FROM pg_class k WHERE k.oid = t.typrelid) = 'c'
       OR t.typtype = 'b' AND t.typelem = 0)
"""

# A procedure's own COST and ROWS say nothing where they're what a language's functions have without a word.
FUNCTIONS = f"""
SELECT n.nspname AS schema, NULL AS relation,
       p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name, p.prokind::text AS kind,
       pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS returns,
       l.lanname AS language,
       CASE WHEN p.prokind <> 'a' THEN coalesce({{sqlbody}}, p.prosrc)
            || coalesce(' in ' || encode(p.probin::text::bytea, 'escape'), '') END AS body,
       CASE WHEN g.aggfnoid IS NOT NULL THEN concat_ws(', ', 'kind ' || g.aggkind::text,
            'step ' || g.aggtransfn, 'state ' || format_type(g.aggtranstype, NULL),
            'final ' || nullif(g.aggfinalfn::oid, 0)::regproc,
            'combine ' || nullif(g.aggcombinefn::oid, 0)::regproc,
            'serial ' || nullif(g.aggserialfn::oid, 0)::regproc,
            'deserial ' || nullif(g.aggdeserialfn::oid, 0)::regproc,
            'moving step ' || nullif(g.aggmtransfn::oid, 0)::regproc,
            'moving inverse ' || nullif(g.aggminvtransfn::oid, 0)::regproc,
            'moving final ' || nullif(g.aggmfinalfn::oid, 0)::regproc,
            'moving state ' || format_type(nullif(g.aggmtranstype, 0), NULL),
            'sort ' || nullif(g.aggsortop, 0)::regoperator, 'first ' || quote_literal(g.agginitval),
            'moving first ' || quote_literal(g.aggminitval),
            'modify ' || g.aggfinalmodify::text || g.aggmfinalmodify::text,
            'extra ' || g.aggfinalextra::text || g.aggmfinalextra::text) END AS aggregate,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END AS volatility,
       p.proisstrict AS strict,
       CASE WHEN p.prosecdef THEN 'definer' END AS security, p.proleakproof AS leakproof,
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS parallel,
       CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END
            THEN p.procost::text END AS cost,
       CASE WHEN p.prorows NOT IN (0, 1000) THEN p.prorows::text END AS rows,
       array_to_string(p.proconfig, ', ') AS settings,
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END AS support,
       obj_description(p.oid, 'pg_proc') AS comment,
       pg_get_userbyid(p.proowner) AS owner, p.proacl::text AS grants
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
WHERE n.nspname IN :schemas AND {_own("pg_proc", "p.oid")}
"""

# Those in the schemas, and those that a database has from its start in none of them.
EXTENSIONS = """
SELECT e.extname AS name, n.nspname AS schema, e.extversion AS version
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql'
"""

_OTHER = """
SELECT '{kind}' AS kind, (pg_identify_object('{catalogue}'::regclass, o.oid, 0)).identity AS name,
       {definition} AS definition, pg_get_userbyid(o.{prefix}owner) AS owner,
       obj_description(o.oid, '{catalogue}') AS comment
FROM {catalogue} o JOIN pg_namespace n ON n.oid = o.{prefix}namespace
WHERE n.nspname IN :schemas AND {own}
"""


def _other(kind: str, catalogue: str, prefix: str, definition: str = "NULL") -> str:
    own = _own(catalogue, "o.oid")
    return _OTHER.format(kind=kind, catalogue=catalogue, prefix=prefix, definition=definition, own=own)


OTHERS = "UNION ALL".join(
    (
        _other(
            "collation",
            "pg_collation",
            "coll",
            "concat_ws(', ', o.collprovider, o.collcollate, o.collctype, o.collisdeterministic)",
        ),
        _other(
            "operator", "pg_operator", "opr", "concat_ws(', ', o.oprcode, o.oprrest, o.oprjoin, o.oprcom)"
        ),
        _other("operator class", "pg_opclass", "opc", "concat_ws(', ', o.opcdefault, o.opcintype::regtype)"),
        _other("operator family", "pg_opfamily", "opf"),
        _other("conversion", "pg_conversion", "con", "o.conproc::text"),
        _other("text search configuration", "pg_ts_config", "cfg"),
        _other("text search dictionary", "pg_ts_dict", "dict", "o.dictinitoption"),
    )
)
