/**
 * Scenarios that broke a law once. All of these are calm: every request is answered. So every law of the default gate's
 * dispatcher tries them first, for ever.
 */
import type { Lives } from "./lives.ts"
import type { JoinedWorld } from "./limits/joined.ts"
import { type Scenario, uneventful } from "./scenario.ts"

export const found: ReadonlyArray<Scenario> = [
  // The only key is blocked while its second request is being written, which then never leaves.
  {
    ...uneventful,
    limit: 2,
    windowMs: 10,
    gaps: [0, 0],
    journeys: [
      { incomingMs: 50, outgoingMs: 7, writeMs: 0 },
      { incomingMs: 0, outgoingMs: 0, writeMs: 2 },
    ],
    keyLosses: [{ key: 1, atMs: 0, how: "blocked" }],
  },
]

/** The same of journals that were tampered with, under the name of the way in which they were. */
export const foundTampered: Readonly<
  Record<
    string,
    ReadonlyArray<{ readonly scenario: Scenario; readonly pick: number; readonly other: number }>
  >
> = {
  // The first request is lost, and answers come in another order than requests: without the second one's record the
  // third is held against the first.
  "a record of a send that is missing": [
    {
      scenario: {
        ...uneventful,
        limit: 3,
        windowMs: 100,
        requestTimeoutMs: 500,
        gaps: [0, 0, 0, 0, 0, 0, 0, 0, 0],
        journeys: [
          { incomingMs: 0, outgoingMs: 0, writeMs: 0, fate: { brokenAfterMs: 56 } },
          { incomingMs: 11, outgoingMs: 44, writeMs: 0 },
          { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
        ],
      },
      pick: 10,
      other: 0,
    },
  ],
  // Its predecessor was answered too late for the bound, and before that answer it was allowed to leave.
  "a send that is moved to before it was allowed": [
    {
      scenario: {
        ...uneventful,
        limit: 20,
        windowMs: 1000,
        ttlMs: 732,
        gaps: [0, 1399, 13, 9, 4, 0],
        agesMs: [586],
        journeys: [
          { incomingMs: 0, outgoingMs: 841, writeMs: 0 },
          { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
        ],
        earlyMs: 1,
      },
      pick: 0,
      other: 0,
    },
  ],
  // The bound widened as it had to, and came back by half before the next send.
  "a change of the reach that is missing after an answer that was late": [
    {
      scenario: {
        ...uneventful,
        keys: 2,
        limit: 2,
        windowMs: 19_954,
        requestTimeoutMs: 10_000,
        gaps: Array.from({ length: 18 }, () => 0),
        journeys: [
          { incomingMs: 25, outgoingMs: 16, writeMs: 0 },
          { incomingMs: 50, outgoingMs: 548, writeMs: 11 },
        ],
        keyLosses: [{ key: 1, atMs: 25, how: "blocked" }],
      },
      pick: 114_411_569,
      other: 0,
    },
    // The bound widened by a microsecond, which is what times are rounded to.
    {
      scenario: {
        ...uneventful,
        keys: 2,
        limit: 1,
        windowMs: 10,
        requestTimeoutMs: 10_000,
        gaps: [0, 0, 0, 0, 0, 13, 1157, ...Array.from({ length: 48 }, () => 0)],
        journeys: [
          { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
          { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
          { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
          { incomingMs: 50, outgoingMs: 0, writeMs: 0, fate: "garbled" },
          { incomingMs: 0, outgoingMs: 1147, writeMs: 0 },
        ],
        keyLosses: [{ key: 1, atMs: 23, how: "blocked" }],
      },
      pick: 878_902_867,
      other: 0,
    },
  ],
}

/** The same of joined limits. */
export const foundJoined: ReadonlyArray<JoinedWorld> = [
  // The third order has room but for what is kept for the second, and must not be overtaken by the fourth.
  {
    rules: [
      { type: "log", capacity: 1, spanMs: 10, scope: "key" },
      { type: "log", capacity: 4, spanMs: 10, scope: "key" },
    ],
    keys: 1,
    orders: [
      { gapMs: 0, field: 0, costs: [1, 1], onWayMs: 0, backMs: 0 },
      { gapMs: 0, field: 0, costs: [1, 1], onWayMs: 0, backMs: 0 },
      { gapMs: 0, field: 0, costs: [0, 3], onWayMs: 0, backMs: 0 },
      { gapMs: 0, field: 0, costs: [0, 1], onWayMs: 0, backMs: 0 },
    ],
  },
]

/** The same of a dispatcher's joined limits. */
export const foundDispatchJoined: ReadonlyArray<Scenario> = [
  // While the second order waited for its symbol's limit, those behind it found the key's bucket full. When the symbol had room,
  // the lane was not told: it took the second order, too, for one of those that the bucket was full for.
  {
    ...uneventful,
    limit: 20,
    windowMs: 100,
    boundMs: undefined,
    requestTimeoutMs: 500,
    gaps: [0, 0, 0, 0],
    journeys: [{ incomingMs: 0, outgoingMs: 0 }],
    joined: {
      limits: [
        { rule: "log", limit: 2, windowMs: 50, scope: "account", field: "symbol" },
        { rule: "bucket", limit: 2, decay: 2, decayMs: 50, scope: "key" },
      ],
      nonces: "rising",
      params: [
        { symbol: "b", cost: "2" },
        { symbol: "b", cost: "1" },
        { symbol: "a", cost: "2" },
        { symbol: "a", cost: "1" },
      ],
    },
  },
  // A lane's look made the timer of limits run, and another lane within it: two lanes tried one order each with the circuit open.
  {
    ...uneventful,
    keys: 2,
    limit: 20,
    windowMs: 100,
    boundMs: undefined,
    ttlMs: 100,
    gaps: [...Array.from({ length: 17 }, () => 0), 68, 14, 19, 0, 0, 1],
    journeys: [
      ...Array.from({ length: 3 }, () => ({ incomingMs: 0, outgoingMs: 0, writeMs: 0 })),
      ...Array.from({ length: 6 }, () => ({
        incomingMs: 0,
        outgoingMs: 0,
        writeMs: 0,
        fate: { brokenAfterMs: 8 },
      })),
    ],
    earlyMs: 5,
    joined: {
      limits: [
        { rule: "log", limit: 4, windowMs: 50, scope: "account" },
        { rule: "bucket", limit: 6, decay: 3, decayMs: 50, scope: "account" },
      ],
      nonces: "none",
      params: ["0", "0", "1", "2", "2", "1", "1"].map((cost) => ({ symbol: "a", cost })),
    },
  },
]

const uneventfulLife = {
  torn: 0,
  pauseMs: 0,
  reboots: false,
  boundMs: 55,
  windowMs: 100,
  gaps: [0],
  stall: undefined,
} as const

export const foundLimitLives: ReadonlyArray<Lives> = [
  // One wrong flag: the first and the last have the exchange's limit, the one between a key's window alone.
  {
    keys: 1,
    limit: 5,
    windowMs: 1000,
    requestTimeoutMs: 500,
    ttlMs: undefined,
    journeys: [{ incomingMs: 0, outgoingMs: 0, writeMs: 0 }],
    stateDisk: [{ writeMs: 0, answerMs: 0 }],
    journalDisk: [{ writeMs: 0, answerMs: 0 }],
    lives: [
      { ...uneventfulLife, lastsMs: 20, ends: "stop", windowMs: 1000, gaps: [5, 5] },
      { ...uneventfulLife, lastsMs: 3000, ends: "stop", windowMs: 1000, hasOthers: true, gaps: [5, 5, 5, 5] },
      { ...uneventfulLife, lastsMs: 20, ends: "stop", windowMs: 1000, gaps: [0, 0, 0, 0, 0, 0] },
    ],
    pings: false,
    earlyMs: 0,
    steps: [],
    limits: [{ rule: "log", limit: 8, windowMs: 600_000, scope: "account" }],
    params: [{ cost: "1" }],
  },
  // Two keys share a bucket, and each had drained it by itself.
  {
    keys: 2,
    limit: 1,
    windowMs: 100,
    requestTimeoutMs: 3000,
    ttlMs: 400,
    journeys: [{ incomingMs: 0, outgoingMs: 0, writeMs: 0 }],
    stateDisk: [{ writeMs: 0, answerMs: 0 }],
    journalDisk: [{ writeMs: 0, answerMs: 0 }],
    lives: [
      {
        ...uneventfulLife,
        lastsMs: 353,
        ends: { killedAfterMs: 1 },
        pauseMs: 214,
      },
      {
        ...uneventfulLife,
        lastsMs: 35,
        ends: "stop",
        gaps: [0, 0],
      },
      {
        ...uneventfulLife,
        lastsMs: 0,
        ends: "stop",
      },
      {
        ...uneventfulLife,
        lastsMs: 1,
        ends: "crash",
      },
    ],
    pings: false,
    earlyMs: 0,
    steps: [],
    limits: [{ rule: "bucket", limit: 3, decay: 0.5, decayMs: 100, scope: "ip" }],
    params: [
      { symbol: "a", cost: "2" },
      { symbol: "a", cost: "2" },
      { symbol: "a", cost: "1" },
      { symbol: "a", cost: "1" },
      { symbol: "a", cost: "0" },
      { symbol: "0", cost: "1" },
    ],
  },
  // What the first had lost arrives after the second has ended, which the third took for the latest.
  {
    keys: 1,
    limit: 20,
    windowMs: 1000,
    requestTimeoutMs: 3000,
    ttlMs: undefined,
    journeys: [
      { incomingMs: 2900, outgoingMs: 0, writeMs: 0 },
      { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
    ],
    stateDisk: [{ writeMs: 0, answerMs: 0 }],
    journalDisk: [{ writeMs: 0, answerMs: 0 }],
    lives: [
      { ...uneventfulLife, boundMs: undefined, lastsMs: 20, ends: "crash", gaps: [1000] },
      { ...uneventfulLife, boundMs: undefined, lastsMs: 10, ends: "stop", gaps: [1000] },
      { ...uneventfulLife, boundMs: undefined, lastsMs: 14_000, ends: "stop", gaps: [] },
    ],
    pings: false,
    earlyMs: 0,
    steps: [],
    limits: [{ rule: "log", limit: 20, windowMs: 12_000, scope: "account" }],
    params: [{ symbol: "a", cost: "20" }],
  },
]
