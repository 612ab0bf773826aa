/**
 * The same metrics of a journal from DuckDB's JSON reader, in SQL with two threads: the file is read into a table once, and
 * all else is asked of that. Whose orders have no outcome is not asked, which spares it a join over all of them.
 *
 *     node duckdb.js FOLDER JOURNAL        with @duckdb/node-api installed in FOLDER
 */
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-argument, typescript/no-unsafe-return -- plain JavaScript: DuckDB is no dependency of the project, so there are no types to be safe with */
import { createRequire } from "node:module"
import { join } from "node:path"
import process from "node:process"

const [folder = "", journal = ""] = process.argv.slice(2)
const { DuckDBInstance } = createRequire(join(folder, "package.json"))("@duckdb/node-api")
const database = await DuckDBInstance.create(":memory:", { threads: "2" })
const connection = await database.connect()
const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson()

const columns = Object.entries({
  type: "VARCHAR",
  t: "DOUBLE",
  key: "VARCHAR",
  createdAt: "DOUBLE",
  attempt: "INTEGER",
  outcome: "VARCHAR",
  place: "VARCHAR",
  reason: "VARCHAR",
  cause: "VARCHAR",
  sent: "DOUBLE",
  written: "DOUBLE",
  settled: "DOUBLE",
})
await connection.run(`
  CREATE TEMP TABLE log AS SELECT * FROM read_json('${journal.replaceAll("'", "''")}', format = 'newline_delimited',
    columns = {${columns.map(([name, type]) => `${name}: '${type}'`).join(", ")}})`)

const endings = await rows(`
  SELECT outcome, place, reason, cause, count(*)::DOUBLE AS orders FROM log WHERE type = 'outcome' GROUP BY ALL`)
const [windows] = await rows(`
  WITH span AS (SELECT min(t) AS first, max(t) AS last FROM log WHERE type = 'outcome'),
    counts AS (SELECT floor((t - first) / 1000) AS second,
      count(*) FILTER (outcome = 'accepted') AS accepted, count(*) FILTER (outcome <> 'cancelled') AS gone,
      count(*) FILTER (outcome = 'expired' AND place IS DISTINCT FROM 'limiter') AS inQueue, count(*) FILTER (place = 'limiter') AS inLimiter
      FROM log, span WHERE type = 'outcome' GROUP BY second),
    complete AS (SELECT second::BIGINT AS second
      FROM span, unnest(range(floor((last - first) / 1000)::BIGINT)) AS seconds(second)),
    all_windows AS (SELECT coalesce(accepted, 0) AS accepted, coalesce(gone, 0) AS gone,
      coalesce(inQueue, 0) AS inQueue, coalesce(inLimiter, 0) AS inLimiter
      FROM complete LEFT JOIN counts USING (second))
  SELECT count(*)::DOUBLE AS windows, avg(accepted) AS averageThroughput, min(accepted)::DOUBLE AS lowestThroughput,
    avg(least(gone, 100)) AS maxPossibleThroughput, avg(inQueue) AS averageIgnoredFromQueue,
    avg(inLimiter) AS averageLimitedByLimiter FROM all_windows`)
const keys = await rows(`
  SELECT key, count(*) FILTER (type = 'sent')::DOUBLE AS sent, count(*) FILTER (outcome = 'accepted')::DOUBLE AS accepted,
    count(*) FILTER (outcome = 'unknown')::DOUBLE AS unknown FROM log WHERE key IS NOT NULL GROUP BY key ORDER BY key`)
const quantiles = (duration) => `approx_quantile(${duration}, [0.5, 0.9, 0.99, 0.999]), max(${duration})`
const orderAge = "CASE WHEN type = 'outcome' THEN sent - createdAt END"
const [{ max }] = await rows(`
  SELECT max(${orderAge}) AS max, ${quantiles(orderAge)},
    ${quantiles("CASE WHEN type = 'outcome' AND coalesce(cause, '') NOT IN ('timeout', 'broken-connection') THEN settled - sent END")},
    ${quantiles("CASE WHEN type = 'sent' AND attempt = 1 THEN t - createdAt END")},
    ${quantiles("written - sent")} FROM log`)

const count = (is) => endings.filter(is).reduce((sum, { orders }) => sum + orders, 0)
const outcome = (name) => count((row) => row.outcome === name)
process.stdout.write(
  `${JSON.stringify({
    ...windows,
    exceeds: count(({ reason }) => reason === "rate-limit"),
    nonceErrors: count(({ reason }) => reason === "nonce"),
    orders: {
      accepted: outcome("accepted"),
      rejected: outcome("rejected"),
      expired: outcome("expired"),
      cancelled: outcome("cancelled"),
    },
    orderAge: { max },
    keys,
  })}\n`,
)
