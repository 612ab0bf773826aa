/** Laws of the certificate: it holds for every safe run, and for no other, and tampering is named. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { JournalRecord } from "../src/journal/JournalRecord.ts"
import type { Certificate } from "../src/certificate/Certificate.ts"
import {
  byAnyPing,
  bySendTimes,
  byTheGivenBound,
  withoutTheLost,
  withoutTheReturned,
} from "./broken/certificates.ts"
import { assumingABound, ringOfSendTimes, tokenBucket, withoutMargin } from "./broken/gates.ts"
import { foundTampered } from "./support/found.ts"
import { certificateByText, certificateOf, certificateOfFile, journalOf, sealed } from "./support/journals.ts"
import { catches, holds, SEED } from "./support/law.ts"
import { noncesArriveRising, windowIsKept } from "./support/laws.ts"
import { naiveCertificate } from "./support/naiveCertificate.ts"
import { play, type Variant } from "./support/play.ts"
import {
  everyGateScenarios,
  losingScenarios,
  type Scenario,
  scenarios,
  unboundedScenarios,
} from "./support/scenario.ts"
import { type Tamper, tampering } from "./support/tampering.ts"

type Journal = ReadonlyArray<JournalRecord>
type Certify = (journal: Journal) => Certificate

const MAX_ORDERS = 80

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const VERSION = '"version":'

/** Makes another byte of one; not of the header's version, with which all of a newer journal is refused. */
const changeByte = (bytes: Uint8Array, at: number, by: number): void => {
  fc.pre(at !== Buffer.from(bytes).indexOf(VERSION) + VERSION.length)
  bytes[at] = ((bytes[at] ?? 0) + 1 + (by % 255)) % 256
}

const assertCertified = (certificate: Certificate): void => {
  const found = certificate.counterexample
  assert.isNull(found, found === null ? "" : `line ${found.line}: ${found.problem}`)
  assert.isTrue(certificate.certified)
}

/** A world, and something to choose by in its journal. */
const worldsAndPicks = (worlds: fc.Arbitrary<Scenario>) =>
  fc.record({ scenario: worlds, pick: fc.nat(), other: fc.nat() })

describe(`certificates (seed ${SEED})`, () => {
  describe("every run of the default gate is certified", () => {
    const law =
      (variant: Variant = {}) =>
      async (scenario: Scenario) =>
        assertCertified(
          certificateOfFile(bytesOf(sealed(journalOf(scenario, await play(scenario, variant))))),
        )
    it("in every world", () => holds(scenarios(MAX_ORDERS), law()))
    it("where keys are lost", () => holds(losingScenarios(MAX_ORDERS), law()))
    it("where no bound is known", () => holds(unboundedScenarios(MAX_ORDERS), law()))
    it("catches a ring of send times", () => catches(scenarios(MAX_ORDERS), law({ gate: ringOfSendTimes })))
    it("catches a token bucket", () => catches(scenarios(MAX_ORDERS), law({ gate: tokenBucket })))
    it("catches a window without its margin", () =>
      catches(scenarios(MAX_ORDERS), law({ gate: withoutMargin })))
    it("catches a bound that was never given", () =>
      catches(unboundedScenarios(MAX_ORDERS), law({ gate: assumingABound })))
  })

  describe("where a run is certified, the exchange saw no excess, and no nonce overtaken, whatever the gate", () => {
    const law = (certify: Certify) => async (scenario: Scenario) => {
      const seen = await play(scenario)
      if (!certify(journalOf(scenario, seen)).certified) return
      windowIsKept(scenario, seen)
      noncesArriveRising(scenario, seen)
    }
    it("holds", () => holds(everyGateScenarios(MAX_ORDERS), law(certificateOf)))
    it("catches one that goes by send times", () => catches(everyGateScenarios(MAX_ORDERS), law(bySendTimes)))
  })

  describe("spare times and violations are those of every request against all before it", () => {
    const law =
      (certify: Certify, variant: Variant = {}) =>
      async (scenario: Scenario) => {
        const journal = journalOf(scenario, await play(scenario, variant))
        const { keys, nonceViolations, windowViolations } = naiveCertificate(journal)
        const found = certify(journal)
        assert.deepStrictEqual(
          found.keys.map(({ key, order, requests, window }) => ({
            key,
            requests,
            windowMs: window?.spareMs ?? null,
            orderMs: order?.spareMs ?? null,
          })),
          [...keys],
        )
        assert.deepStrictEqual(
          [found.violations.window, found.violations.nonces],
          [windowViolations, nonceViolations],
        )
      }
    it("holds", () => holds(everyGateScenarios(MAX_ORDERS), law(certificateOf)))
    // A gate that is wrong has its orders refused and sends them again.
    it("holds where requests come back", () =>
      holds(scenarios(MAX_ORDERS), law(certificateOf, { gate: ringOfSendTimes })))
    it("catches one that goes by send times", () => catches(everyGateScenarios(MAX_ORDERS), law(bySendTimes)))
    it("catches one that ignores what was lost", () =>
      catches(everyGateScenarios(MAX_ORDERS), law(withoutTheLost)))
    it("catches one that holds on to the bound that was given", () =>
      catches(scenarios(MAX_ORDERS), law(byTheGivenBound)))
    it("catches one that takes any ping's word at once", () =>
      catches(losingScenarios(MAX_ORDERS), law(byAnyPing)))
    it("catches one that forgets what came back", () =>
      catches(scenarios(MAX_ORDERS), law(withoutTheReturned, { gate: ringOfSendTimes })))
  })

  describe("a header with a smaller limit is refused where the run used more", () => {
    const law =
      (certify: Certify) =>
      async ({ pick, scenario }: { readonly pick: number; readonly scenario: Scenario }) => {
        const [header, ...others] = journalOf(scenario, await play(scenario))
        if (header?.type !== "header") return assert.fail("a journal begins with its header")
        const settings = { ...header.settings, limit: 1 + (pick % header.settings.limit) }
        const journal = [{ ...header, settings }, ...others]
        const { windowViolations } = naiveCertificate(journal)
        assert.strictEqual(certify(journal).certified, windowViolations === 0)
      }
    it("holds", () => holds(worldsAndPicks(scenarios(MAX_ORDERS)), law(certificateOf)))
    it("catches one that takes nobody's window for exceeded", () =>
      catches(
        worldsAndPicks(scenarios(MAX_ORDERS)),
        law((journal) =>
          certificateOf(
            journal.map((record) =>
              record.type === "header"
                ? { ...record, settings: { ...record.settings, limit: 1000 } }
                : record,
            ),
          ),
        ),
      ))
  })

  describe("what was tampered with is refused, and its line named", () => {
    const law =
      (tamper: Tamper, certify: Certify = certificateOf) =>
      async ({ pick, scenario }: { readonly pick: number; readonly scenario: Scenario }) => {
        const tampered = tamper(journalOf(scenario, await play(scenario)), pick)
        fc.pre(tampered !== undefined)
        const found = certify(tampered.journal).counterexample
        if (found === null) return assert.fail("tampering was not noticed")
        const named = [found.line, ...found.lines.map(({ line }) => line)]
        assert.isTrue(
          tampered.lines.some((line) => named.includes(line)),
          `named ${named.join(", ")} and not ${tampered.lines.join(", ")}: ${found.problem}`,
        )
      }
    for (const [name, tamper] of Object.entries(tampering)) {
      it(name, () => holds(worldsAndPicks(scenarios(40)), law(tamper), foundTampered[name]))
    }
    it("catches tampering that changes nothing", () =>
      catches(
        worldsAndPicks(scenarios(40)),
        law((journal) => ({ journal, lines: [1] })),
      ))
  })

  describe("a byte that is changed before the footer is noticed by the digest", () => {
    const law =
      (certify: (bytes: Uint8Array) => Certificate) =>
      async ({
        other,
        pick,
        scenario,
      }: {
        readonly pick: number
        readonly other: number
        readonly scenario: Scenario
      }) => {
        const text = sealed(journalOf(scenario, await play(scenario)))
        const bytes = bytesOf(text)
        const footerAt = bytes.lastIndexOf(0x0a, bytes.length - 2)
        changeByte(bytes, pick % footerAt, other)
        assert.isFalse(certify(bytes).certified, "a changed byte was not noticed")
      }
    it("holds", () => holds(worldsAndPicks(scenarios(20)), law(certificateOfFile)))
    it("catches one that does not look at the digest", () =>
      catches(
        worldsAndPicks(scenarios(20)),
        law((bytes) => {
          const certificate = certificateOfFile(bytes)
          return certificate.counterexample?.rule === "digest"
            ? { ...certificate, certified: true }
            : certificate
        }),
      ))
  })

  describe("a journal that is read from its bytes, in whatever pieces, is certified as its lines are", () => {
    const law =
      (certify: (bytes: Uint8Array, sizes: ReadonlyArray<number>) => Certificate) =>
      async ({
        changed,
        scenario,
        sizes,
      }: {
        readonly scenario: Scenario
        readonly changed: number | null
        readonly sizes: ReadonlyArray<number>
      }) => {
        const bytes = bytesOf(sealed(journalOf(scenario, await play(scenario, { gate: ringOfSendTimes }))))
        if (changed !== null) changeByte(bytes, changed % bytes.length, changed)
        assert.deepStrictEqual(certify(bytes, sizes), certificateByText(bytes))
      }
    const filesInPieces = fc.record({
      scenario: scenarios(40),
      changed: fc.option(fc.nat()),
      sizes: fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 8 }),
    })
    it("holds", () => holds(filesInPieces, law(certificateOfFile)))
    it("catches one that ends a line with each piece", () =>
      catches(
        filesInPieces,
        law((bytes, [size = 1]) => {
          const torn =
            bytes.length > size ? [...bytes.subarray(0, size), 0x0a, ...bytes.subarray(size)] : bytes
          return certificateOfFile(Uint8Array.from(torn))
        }),
      ))
  })

  describe("a journal that is cut off anywhere is certified as far as it goes, and tells what was in flight", () => {
    const law =
      (certify: (bytes: Uint8Array) => Certificate) =>
      async ({ pick, scenario }: { readonly pick: number; readonly scenario: Scenario }) => {
        const journal = journalOf(scenario, await play(scenario))
        const bytes = bytesOf(sealed(journal))
        const headerEnd = bytes.indexOf(0x0a)
        const footerAt = bytes.lastIndexOf(0x0a, bytes.length - 2)
        const cut = bytes.subarray(0, headerEnd + (pick % (footerAt + 1 - headerEnd)) + 1)
        // A record is whole without its newline, too.
        const isWhole = bytes[cut.length] === 0x0a && cut.at(-1) !== 0x0a
        const whole = cut.filter((byte) => byte === 0x0a).length + (isWhole ? 1 : 0)
        const certificate = certify(cut)
        assertCertified(certificate)
        assert.isTrue(certificate.cutOff)
        const open = new Set<string>()
        for (const record of journal.slice(0, whole)) {
          if (record.type === "sent") open.add(record.id)
          if (record.type === "outcome" || record.type === "returned") open.delete(record.id)
        }
        assert.strictEqual(certificate.inFlight.count, open.size)
        assert.sameMembers([...certificate.inFlight.first], [...open].slice(0, 100))
      }
    it("holds", () => holds(worldsAndPicks(scenarios(MAX_ORDERS)), law(certificateOfFile)))
    it("catches one that takes a torn line for a forged one", () =>
      catches(
        worldsAndPicks(scenarios(MAX_ORDERS)),
        law((bytes) => certificateOfFile(Uint8Array.from([...bytes, 0x0a]))),
      ))
  })
})
