/**
 * How the page looks. The colours are those of the chart that `compare` draws; in the dark they are lighter, so that
 * they stand out as much.
 */
export const STYLE = `
:root {
  --paper: #ffffff; --raised: #f7f9fa; --ink: #1f2933; --faint: #52606d; --grid: #e4e7eb;
  --accepted: #2b7a78; --refused: #d1495b; --unknown: #b7791f; --expired: #8a97a5;
  --created: #1d4ed8; --ceiling: #1f2933; --p50: #174f4d; --p99: #1f2933;
  --texture: rgba(255, 255, 255, 0.55); --right: #1f6462; --wrong: #b02a3e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12181d; --raised: #1a2229; --ink: #e6ebef; --faint: #a3b0bc; --grid: #2a343d;
    --accepted: #3f9c98; --refused: #f07585; --unknown: #dda23c; --expired: #76838f;
    --created: #8ab4ff; --ceiling: #e6ebef; --p50: #8fe0db; --p99: #e6ebef;
    --texture: rgba(18, 24, 29, 0.5); --right: #6fcfca; --wrong: #ff93a1;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums;
}
main { max-width: 1088px; margin: 0 auto; padding: 40px 24px 64px; }
main.several { max-width: 1680px; }
h1 { margin: 0 0 20px; font-size: 13px; font-weight: 600; letter-spacing: 0.09em; text-transform: uppercase; color: var(--faint); }
h2 { margin: 0 0 4px; font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
p { margin: 0; max-width: 46em; overflow-wrap: anywhere; }
section { margin-top: 52px; }
section > p { color: var(--faint); font-size: 14.5px; }
.logs { display: grid; gap: 24px 40px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
.file { font-size: 15px; font-weight: 600; }
.verdict { margin-top: 2px; font-size: 20px; line-height: 1.45; }
.one .verdict { font-size: 26px; line-height: 1.35; letter-spacing: -0.01em; }
.verdict strong { font-weight: 700; }
.setting { margin-top: 8px; color: var(--faint); font-size: 14px; }
.right { color: var(--right); } .wrong { color: var(--wrong); }
.right, p .wrong { display: inline-block; font-weight: 600; }
.tables { display: grid; gap: 28px 48px; margin-top: 16px; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); }
.several .tables { grid-template-columns: minmax(0, 1fr); }
.scroll { overflow-x: auto; max-width: 100%; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
caption { text-align: left; font-size: 13px; font-weight: 600; color: var(--faint); padding-bottom: 6px; }
th, td { padding: 6px 0 6px 16px; text-align: right; vertical-align: top; border-bottom: 1px solid var(--grid); }
th:first-child { padding-left: 0; text-align: left; }
thead th { font-size: 12.5px; font-weight: 600; color: var(--faint); vertical-align: bottom; overflow-wrap: anywhere; }
tbody th { font-weight: 400; }
td { white-space: nowrap; font-weight: 600; }
.figures .name { display: block; font-weight: 600; }
.figures .meaning { display: block; color: var(--faint); font-size: 13px; line-height: 1.4; }
.figures td { font-size: 16px; }
td.wrong::before { content: "✗ "; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; padding: 0; font-size: 13.5px; color: var(--faint); }
.legend li { display: flex; align-items: center; gap: 7px; }
.swatch { display: inline-block; flex: none; width: 15px; height: 11px; border-radius: 2px; background: var(--mark); }
.swatch.line, .swatch.dashed { height: 0; border-top: 2px solid var(--mark); border-radius: 0; background: none; }
.swatch.dashed { border-top-style: dashed; }
.accepted { --mark: var(--accepted); } .refused { --mark: var(--refused); } .unknown { --mark: var(--unknown); }
.expired { --mark: var(--expired); } .created { --mark: var(--created); } .ceiling { --mark: var(--ceiling); }
.p50 { --mark: var(--p50); } .p99 { --mark: var(--p99); }
.swatch.area.refused { background: repeating-linear-gradient(-45deg, var(--mark) 0 3px, var(--paper) 3px 4px); }
.swatch.area.unknown { background: repeating-linear-gradient(45deg, var(--mark) 0 3px, var(--paper) 3px 4px); }
.swatch.area.expired { background: radial-gradient(circle, var(--paper) 0.8px, var(--mark) 1.1px) 0 0 / 4px 4px; }
.panels { display: grid; gap: 28px 32px; margin-top: 10px; grid-template-columns: minmax(0, 1fr); }
.several .panels { grid-template-columns: repeat(auto-fit, minmax(min(100%, 370px), 1fr)); }
figure { margin: 0; min-width: 0; container-type: inline-size; }
figcaption { font-size: 14px; font-weight: 600; margin-bottom: 2px; overflow-wrap: anywhere; }
.untold { padding: 28px 0; color: var(--faint); font-size: 14.5px; }
.says { margin: 4px 0 6px; font-size: 14.5px; font-weight: 600; }
.plot { position: relative; border-radius: 4px; touch-action: pan-y; }
.plot:focus-visible, .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--created); outline-offset: 3px; }
.drawing { display: none; }
.drawing svg { display: block; width: 100%; height: auto; }
.drawing text { font: 12px "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
.drawing.narrow { display: block; }
@container (min-width: 460px) { .drawing.narrow { display: none; } .drawing.medium { display: block; } }
@container (min-width: 820px) { .drawing.medium { display: none; } .drawing.wide { display: block; } }
.cursor { position: absolute; pointer-events: none; background: var(--ink); opacity: 0.55; }
[data-axis="x"] > .cursor { width: 1px; } [data-axis="y"] > .cursor { height: 1px; }
.readout {
  position: absolute; z-index: 1; top: 0; left: 0; pointer-events: none; width: max-content; max-width: 100%;
  padding: 8px 12px; border: 1px solid var(--grid); border-radius: 6px; background: var(--raised); font-size: 13px;
  box-shadow: 0 4px 16px rgba(0, 0, 0, 0.14); transition: transform 80ms ease-out;
}
@media (prefers-reduced-motion: reduce) { .readout { transition: none; } }
.readout b { display: block; margin-bottom: 3px; }
.readout dl { display: grid; grid-template-columns: auto auto; gap: 1px 16px; margin: 0; }
.readout dt { display: flex; align-items: center; gap: 7px; color: var(--faint); }
.readout dt .swatch { width: 10px; height: 10px; }
.readout dd { margin: 0; text-align: right; font-weight: 600; }
[hidden] { display: none; }
details { margin-top: 2px; font-size: 14px; }
summary { display: inline-block; padding: 4px 0; color: var(--faint); cursor: pointer; }
summary::before { content: "+ "; } details[open] > summary::before { content: "– "; }
details .scroll { max-height: 340px; overflow: auto; }
details thead th { position: sticky; top: 0; background: var(--paper); }
details td { font-weight: 400; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 56px; padding-top: 16px; border-top: 1px solid var(--grid); color: var(--faint); font-size: 13.5px; }
@media (min-width: 900px) { .several .figures td { width: 8.5em; } }
@media (max-width: 520px) {
  main { padding: 24px 16px 40px; } section { margin-top: 40px; } .one .verdict { font-size: 22px; }
  th, td { padding-left: 12px; }
}
@media print {
  :root {
    --paper: #ffffff; --raised: #ffffff; --ink: #1f2933; --faint: #46525e; --grid: #d5dade;
    --accepted: #2b7a78; --refused: #d1495b; --unknown: #b7791f; --expired: #8a97a5;
    --created: #1d4ed8; --ceiling: #1f2933; --p50: #174f4d; --p99: #1f2933;
    --texture: rgba(255, 255, 255, 0.55); --right: #1f6462; --wrong: #b02a3e;
  }
  @page { margin: 14mm; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, main.several { max-width: none; padding: 0; }
  section { margin-top: 24px; } h2 { break-after: avoid; }
  section > p, .legend { break-inside: avoid; break-after: avoid; } figure, tr, .log { break-inside: avoid; }
  .one section:has(.panels) { break-inside: avoid; } caption, thead { break-after: avoid; }
  .tables { grid-template-columns: minmax(0, 1fr); } .tables > :not(:first-child) { break-inside: avoid; }
  .logs { grid-template-columns: repeat(auto-fit, minmax(min(100%, 160px), 1fr)); gap: 16px 24px; } .several .verdict { font-size: 15px; }
  .several .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px 20px; }
  details, .readout, .cursor, footer { display: none; }
}
`
