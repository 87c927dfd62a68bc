-- What our statements call and Postgres calls otherwise.

CREATE FUNCTION json_each(text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
AS $$ SELECT json_array_elements_text($1::json) $$;

CREATE FUNCTION json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) #>> '{}' $$;

CREATE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT strpos($1, $2) $$;

-- The second argument is always 'unixepoch'.
CREATE FUNCTION date(double precision, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT to_char(to_timestamp($1) AT TIME ZONE 'UTC', 'YYYY-MM-DD') $$;

CREATE FUNCTION round(double precision, integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT round($1::numeric, $2)::double precision $$;

CREATE FUNCTION joined(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT concat_ws(',', $1, $2) $$;

CREATE AGGREGATE group_concat(text) (SFUNC = joined, STYPE = text);

CREATE FUNCTION pragma_table_info(text) RETURNS TABLE (name text, type text) LANGUAGE sql STABLE
AS $$
    SELECT column_name::text, CASE data_type
        WHEN 'bigint' THEN 'INTEGER' WHEN 'double precision' THEN 'REAL' WHEN 'bytea' THEN 'BLOB' ELSE 'TEXT' END
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1 AND column_name <> 'rowid'
    ORDER BY ordinal_position
$$;
