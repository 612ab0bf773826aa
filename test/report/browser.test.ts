/** What only a browser shows: skipped, and said so, where there is no Chromium. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { CHROMIUM_FLAGS, findChromium, NO_CHROMIUM } from "../support/chromium.ts"
import { HOSTILE, pageOf, reported, sampleRecords } from "./sample.ts"

const executablePath = findChromium()

describe("a report in Chromium", () => {
  let directory = ""
  let browser: Browser | undefined

  beforeAll(async () => {
    if (executablePath === undefined) {
      // Said aloud: that a test was skipped is shown, but not why.
      process.stderr.write(`test/report/browser.test.ts: ${NO_CHROMIUM}\n`)
      return
    }
    directory = mkdtempSync(join(tmpdir(), "paceline-report-"))
    const one = reported("run.ndjson", sampleRecords())
    const other = reported(
      `${HOSTILE.repeat(3)}.ndjson`,
      sampleRecords({ everyMs: 45, key: HOSTILE, seconds: 20 }),
    )
    writeFileSync(join(directory, "one.html"), await pageOf([one]))
    writeFileSync(join(directory, "several.html"), await pageOf([one, other]))
    writeFileSync(join(directory, "three.html"), await pageOf([one, other, one]))
    browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    if (directory !== "") rmSync(directory, { recursive: true, force: true })
  })

  beforeEach((context) => {
    if (executablePath === undefined) context.skip(NO_CHROMIUM)
  })

  /** Opens a page, and fails the test for an error in it or a request but for the page itself. */
  const withPage = async (
    name: string,
    options: Parameters<Browser["newPage"]>[0],
    use: (page: Page) => Promise<void>,
  ): Promise<void> => {
    assert.isDefined(browser)
    const page = await browser.newPage(options)
    const wrong: Array<string> = []
    const address = pathToFileURL(join(directory, name)).href
    page.on("console", (message) => wrong.push(message.text()))
    page.on("pageerror", (error) => wrong.push(error.message))
    page.on("request", (request) => {
      if (request.url() !== address) wrong.push(request.url())
    })
    await page.goto(address)
    await use(page)
    assert.deepStrictEqual(wrong, [])
    await page.close()
  }

  /** Whether everything fits into the page's width. */
  const fits = (page: Page): Promise<unknown> =>
    page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

  it("draws every chart, once, with what it needs in the file", () =>
    withPage("several.html", { viewport: { width: 1280, height: 900 } }, async (page) => {
      assert.strictEqual(await page.locator(".plot").count(), 14)
      assert.strictEqual(await page.locator(".drawing:visible").count(), 14)
      assert.strictEqual(await page.locator(".drawing:visible svg").last().isVisible(), true)
      assert.strictEqual(await page.evaluate("globalThis.hacked"), undefined)
    }))

  it("shows three runs beside each other, where there is room", () =>
    withPage("three.html", { viewport: { width: 1280, height: 900 } }, async (page) => {
      const figures = page.locator("section").nth(1).locator("figure")
      const boxes = await Promise.all((await figures.all()).map((figure) => figure.boundingBox()))
      assert.strictEqual(boxes.length, 3)
      assert.strictEqual(new Set(boxes.map((box) => box?.y)).size, 1)
      assert.strictEqual(await fits(page), true)
    }))

  it("lets nothing be fetched", async () => {
    assert.isDefined(browser)
    const page = await browser.newPage()
    const told: Array<string> = []
    page.on("console", (message) => told.push(message.text()))
    await page.goto(pathToFileURL(join(directory, "one.html")).href)
    const answer = await page.evaluate(`fetch("http://127.0.0.1:9/").then(() => "fetched", () => "refused")`)
    assert.strictEqual(answer, "refused")
    assert.match(told.join("\n"), /violates the (?:following|document's) Content Security Policy/)
    await page.close()
  })

  it("tells the value that is pointed at, as it stands in the table", () =>
    withPage("one.html", { viewport: { width: 1280, height: 900 } }, async (page) => {
      const chart = page.locator(".plot").first()
      const box = await chart.boundingBox()
      assert.isNotNull(box)
      await chart.hover({ position: { x: box.width / 2, y: box.height / 2 } })
      const readout = chart.locator(".readout")
      assert.strictEqual(await readout.isVisible(), true)
      const heading = await readout.locator("b").textContent()
      const row = page
        .locator("figure")
        .first()
        .locator("tbody tr", { hasText: heading ?? "" })
      assert.deepStrictEqual(
        await readout.locator("dd").allTextContents(),
        await row.locator("td").allTextContents(),
      )
      assert.match(heading ?? "", /^[456] s to /)
      await page.mouse.move(5, 5)
      assert.strictEqual(await readout.isVisible(), false)
    }))

  it("is moved through by keys, and says aloud where one is", () =>
    withPage("one.html", { viewport: { width: 1280, height: 900 } }, async (page) => {
      const chart = page.locator(".plot").first()
      const spoken = page.locator("figure").first().locator("[aria-live]")
      // Past the two tables.
      for (const key of ["Tab", "Tab", "Tab"]) {
        // oxlint-disable-next-line no-await-in-loop -- one key after the other
        await page.keyboard.press(key)
      }
      const heading = () => chart.locator(".readout b").textContent()
      assert.strictEqual(await heading(), "0 s to 1 s")
      await page.keyboard.press("ArrowRight")
      assert.strictEqual(await heading(), "1 s to 2 s")
      assert.match(
        (await spoken.textContent()) ?? "",
        /^1 s to 2 s: accepted\/s 1\d\.\d\d, unknown\/s 0\.00, /,
      )
      await page.keyboard.press("End")
      assert.match((await heading()) ?? "", /^8 s to /)
      await page.keyboard.press("ArrowRight")
      await page.keyboard.press("Home")
      await page.keyboard.press("ArrowLeft")
      assert.strictEqual(await heading(), "0 s to 1 s")
      await page.keyboard.press("Escape")
      assert.strictEqual(await chart.locator(".readout").isVisible(), false)
    }))

  it("is dark where the reader wants it, with words that can be read", () =>
    withPage("one.html", { colorScheme: "dark" }, async (page) => {
      assert.strictEqual(
        await page.evaluate("getComputedStyle(document.body).backgroundColor"),
        "rgb(18, 24, 29)",
      )
      const ink = await page.evaluate(`getComputedStyle(document.querySelector(".drawing text")).fill`)
      assert.strictEqual(ink, "rgb(163, 176, 188)")
    }))

  for (const name of ["one.html", "several.html"]) {
    it(`fits a telephone: ${name}`, () =>
      withPage(
        name,
        { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
        async (page) => {
          assert.strictEqual(await fits(page), true)
          const chart = page.locator(".plot").first()
          await chart.scrollIntoViewIfNeeded()
          await chart.tap()
          assert.strictEqual(await chart.locator(".readout").isVisible(), true)
          assert.strictEqual(await fits(page), true)
        },
      ))
  }

  it("opens its data as a table", () =>
    withPage("one.html", {}, async (page) => {
      const figure = page.locator("figure").first()
      await figure.locator("summary").click()
      assert.strictEqual(await figure.locator("tbody tr").count(), 9)
      assert.strictEqual(await figure.locator("tbody tr").first().isVisible(), true)
    }))

  it("prints, light and without what only a screen can show", () =>
    withPage("one.html", { colorScheme: "dark" }, async (page) => {
      const pdf = await page.pdf({ format: "A4", printBackground: true })
      assert.strictEqual(pdf.subarray(0, 5).toString(), "%PDF-")
      assert.isAbove(pdf.length, 20_000)
      await page.emulateMedia({ media: "print" })
      assert.strictEqual(
        await page.evaluate("getComputedStyle(document.body).backgroundColor"),
        "rgb(255, 255, 255)",
      )
      assert.strictEqual(await page.locator("details").first().isVisible(), false)
    }))
})
