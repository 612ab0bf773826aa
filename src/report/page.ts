/**
 * A report: one page that needs no network. It names no address, and its policy forbids the browser to fetch
 * anything. Without scripts everything shows; only pointing at values needs them.
 */
import { showLimit } from "../domain/LimitSpec.ts"
import { createHash } from "node:crypto"
import { DateTime, Option } from "effect"
import { counted } from "../platform/counted.ts"
import type { Measured } from "./charts/durations.ts"
import { distributionSection, overTimeSection } from "./charts/durations.ts"
import { keysSection } from "./charts/keys.ts"
import { ordersSection } from "./charts/orders.ts"
import type { Panel, ReportedLog, Section, Table } from "./charts/Panel.ts"
import { keptVerdict, spareSection } from "./charts/spare.ts"
import { limitFigures, moreFigures, tenFigures } from "./figures.ts"
import { html, type Html, trusted } from "./html.ts"
import { showName, showRate, showShare } from "./show.ts"
import { endTexts } from "../summary/ending.ts"
import { withoutSharedFolder } from "../summary/headings.ts"
import { reachText } from "../summary/ReachTally.ts"
import { scopeText } from "../summary/Selection.ts"
import { STYLE } from "./style.ts"

const ORDER_AGE: Measured = {
  what: "orderAge",
  id: "age",
  atMost: "were no older",
  overTime: {
    title: "Order age over time",
    note: "How old orders were when their last request left, by the time of their outcome. The band holds the slower half but for the slowest hundredth.",
  },
  distribution: {
    title: "Order age, distribution",
    note: "How many of the orders that were sent were how old. The last bar holds all that were older.",
  },
}

const ROUND_TRIP: Measured = {
  what: "roundTrip",
  id: "trip",
  atMost: "took no longer",
  overTime: {
    title: "Round trip over time",
    note: "From an order's last request to its complete answer: the network, and the exchange.",
  },
  distribution: {
    title: "Round trip, distribution",
    note: "How many of the answers took how long. The last bar holds all that took longer.",
  },
}

const swatch = (mark: string, form: string): Html => html`<span class="swatch ${form} ${mark}"></span>`

const dataTable = ({ columns, corner, rows }: Table): Html =>
  html`<table>
    <thead>
      <tr>
        <th scope="col">${corner}</th>
        ${columns.map(({ mark, name }) => html`<th scope="col" ${mark === undefined ? "" : html` data-mark="${mark}"`}>${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr data-at="${row.at.toFixed(5)}">
            <th scope="row">${row.header}</th>
            ${row.cells.map((cell) => html`<td>${cell}</td>`)}
          </tr> `,
      )}
    </tbody>
  </table>`

const panelOf = (panel: Panel | string, { name }: ReportedLog, title: string, isOnly: boolean): Html => {
  const caption = isOnly ? "" : html`<figcaption>${showName(name)}</figcaption>`
  if (typeof panel === "string")
    return html`<figure>
      ${caption}
      <p class="untold">${panel}</p>
    </figure>`
  const subject = isOnly ? title : `${title}, ${showName(name)}`
  return html`<figure>
    ${caption}
    <div class="plot" role="img" data-axis="${panel.axis}" aria-label="${subject}. ${panel.description}">
      ${panel.drawing}
    </div>
    ${panel.says === undefined ? "" : html`<p class="says">${panel.says}</p>`}
    <details>
      <summary>Data<span class="hidden"> of ${subject}</span></summary>
      <div class="scroll" role="region" aria-label="${subject}: data" tabindex="0">
        ${dataTable(panel.table)}
      </div>
    </details>
  </figure>`
}

const sectionOf = (section: Section, logs: ReadonlyArray<ReportedLog>): Html =>
  html`<section aria-labelledby="${section.id}">
    <h2 id="${section.id}">${section.title}</h2>
    <p>${section.note}</p>
    <ul class="legend">
      ${section.legend.map(({ form, mark, name }) => html`<li>${swatch(mark, form)}${name}</li>`)}
    </ul>
    <div class="panels">
      ${section.panels.map((panel, index) => {
        const log = logs[index]
        return log === undefined ? "" : panelOf(panel, log, section.title, logs.length === 1)
      })}
    </div>
  </section> `

const showStart = (startedAtMs: number | undefined): string =>
  Option.match(Option.flatMap(Option.fromUndefinedOr(startedAtMs), DateTime.make), {
    onNone: () => "",
    onSome: (start) => `started ${DateTime.formatIso(start).slice(0, 16).replace("T", " ")} UTC`,
  })

const setting = ({ run: { settings, source } }: ReportedLog): string =>
  settings === undefined
    ? source === "python-client"
      ? "a Python client's log"
      : "a journal without its beginning"
    : [
        `gate ${showName(settings.gate)}`,
        counted(settings.keys, "key"),
        settings.limits === undefined
          ? `each ${settings.limit} in ${settings.windowMs} ms`
          : `limits ${settings.limits.map(showLimit).join(", ")}`,
        settings.boundMs === undefined ? "delay not bounded" : `delay at most ${settings.boundMs} ms`,
        showStart(settings.startedAtMs),
      ]
        .filter((part) => part !== "")
        .join(" · ")

const mark = (isRight: boolean, what: string): Html =>
  isRight ? html`<span class="right">✓&nbsp;${what}</span>` : html`<span class="wrong">✗&nbsp;${what}</span>`

/** What a reader must know of its end first. */
const endOf = (log: ReportedLog): ReadonlyArray<Html> =>
  endTexts(log).map((text) => html`<p class="verdict end">${mark(false, text)}</p>`)

/** How many orders were accepted, whether the exchange refused any for the rules, and whether it could have. */
const verdict = (log: ReportedLog): Html => {
  const { averageThroughput, bans, exceeds, keys, losses, nonceErrors, reach, utilisation } = log.summary
  // Refused, and not their orders: the address is banned, or something before the exchange turns requests away.
  const turnedAway =
    keys === null ? 0 : keys.reduce((sum, { refused }) => sum + refused.exchange, -losses.rejected.exchange)
  const wrong = [
    ...(exceeds > 0 ? [counted(exceeds, "exceed")] : []),
    ...(bans > 0 ? [counted(bans, "ban")] : []),
    ...(nonceErrors > 0 ? [counted(nonceErrors, "nonce error")] : []),
    ...(turnedAway > 0 ? [`${counted(turnedAway, "request")} turned away`] : []),
  ].join(", ")
  const kept = keptVerdict(log)
  return html`<p class="verdict">
      <strong>${showRate(averageThroughput)}</strong> orders accepted per
      second${utilisation.ofCeiling === null ? "" : html`, ${showShare(utilisation.ofCeiling)} of the ceiling`}.
      ${mark(wrong === "", wrong === "" ? "no exceeds, bans or nonce errors" : wrong)}
      ${kept === undefined ? "" : mark(kept.isRight, kept.text)}
      ${reach === null ? "" : mark(false, reachText(reach))}
    </p>
    ${kept?.refused === undefined ? "" : html`<p class="setting">${kept.refused}</p>`}`
}

/** The chosen part of the log; empty for all of it. */
const scopeOf = ({ selection }: ReportedLog): Html | string => {
  const scope = scopeText(selection)
  return scope === "" ? "" : html`<p class="setting">A part of the log: ${scope}</p>`
}

const headOf = (log: ReportedLog): Html =>
  html`<div class="log">
    <p class="file">${showName(log.name)}</p>
    ${scopeOf(log)} ${endOf(log)} ${verdict(log)}
    <p class="setting">${setting(log)}</p>
  </div> `

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

/**
 * The page, for one log or for several side by side.
 *
 * @param script the program for browsers that lets values on the charts be pointed at
 */
export const renderPage = (named: ReadonlyArray<ReportedLog>, script: string): string => {
  const logs = withoutSharedFolder(named)
  const [first] = logs
  const title =
    logs.length === 1 && first !== undefined
      ? `Report of ${showName(first.name)}`
      : `Report of ${logs.length} logs`
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`
  const sections = [
    ordersSection(logs),
    overTimeSection(ORDER_AGE, logs),
    distributionSection(ORDER_AGE, logs),
    overTimeSection(ROUND_TRIP, logs),
    distributionSection(ROUND_TRIP, logs),
    keysSection(logs),
    spareSection(logs),
  ]
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main class="${logs.length === 1 ? "one" : "several"}">
          <header>
            <h1>${logs.length === 1 ? "Run report" : "Run comparison"}</h1>
            <div class="logs">${logs.map(headOf)}</div>
          </header>
          <section aria-labelledby="figures">
            <h2 id="figures">Figures</h2>
            <p>
              Averages are per second, over the complete seconds of the log, up to the end that was planned
              for the run.
            </p>
            <div class="tables">${tenFigures(logs)} ${moreFigures(logs)}${limitFigures(logs)}</div>
          </section>
          ${sections.map((section) => sectionOf(section, logs))}
          <footer>
            <p>
              Point at a chart, or go to it with the tab key and move with the arrow keys, to read its values.
              All of them are in the tables below the charts.
            </p>
          </footer>
        </main>
        ${trusted(`<script type="module">${script}</script>`)}
      </body>
    </html> `.text
    .trim()
    .concat("\n")
}
