// The worlds of the sample ratio: healthy experiments, and some that lose users of one arm.
import { logFactorsOf, mismatchFactor } from '../../batch/statistics/sample-ratio.ts'
import type { Random } from './random.ts'
import { percent, repeat, share, type Table } from './table.ts'

const healthy: readonly (readonly [share: number, users: number])[] = [
  [0.5, 2_000],
  [0.5, 100_000],
  [0.9, 100_000],
  [0.5, 1_000_000],
]

/** Healthy experiments that are ever red under a look every ten minutes for 28 days. */
export function healthySampleRatio(times: number, looks = 4_032, settings = healthy): Table {
  const rows = settings.map(([first, users]) => {
    const red = repeat(times, 83, (random) => everRed(random, first, first, users, looks) !== undefined)
    return [`${first * 100}/${Math.round((1 - first) * 100)}`, String(users), percent(share(red), times)]
  })
  return { title: `Sample ratio, healthy, ${looks} looks`, columns: ['split', 'users', 'ever red, %'], rows }
}

/** The fixed chi-square test at 0.01 needs so many users for a power of 80 %. */
const fixedUsers = { '51/49': 29_197, '50.5/49.5': 116_789, '52/48': 7_299 }

/** Users until a lost share is found, over those of the fixed test of the same level and power. */
export function lostUsers(times: number, truths = Object.keys(fixedUsers), looks = 1_000): Table {
  const rows = truths.map((name) => {
    const fixed = fixedUsers[name as keyof typeof fixedUsers]
    const truth = Number.parseFloat(name) / 100
    const users = fixed * 5
    const found = repeat(times, 97, (random) => everRed(random, 0.5, truth, users, looks) ?? Infinity)
    const at = (quantile: number) => {
      const look = found.toSorted((x, y) => x - y)[Math.floor(quantile * times)]!
      return Math.round((look / looks) * users)
    }
    return [name, String(at(0.5)), String(at(0.8)), String(fixed), (at(0.8) / fixed).toFixed(2)]
  })
  const columns = ['truth of 50/50', 'median users', '80 % found by', 'fixed test at 80 %', 'ratio']
  return { title: 'Sample ratio, users lost', columns, rows }
}

interface Mutable {
  users: number
  expectedWeight: number
}

/** The look at which it turned red; undefined if never. */
function everRed(random: Random, promised: number, truth: number, users: number, looks: number) {
  const cells: [Mutable, Mutable] = [
    { users: 0, expectedWeight: promised },
    { users: 0, expectedWeight: 1 - promised },
  ]
  for (let look = 1; look <= looks; look++) {
    const arrived = random.poisson(users / looks)
    const first = random.binomial(arrived, truth)
    cells[0].users += first
    cells[1].users += arrived - first
    if (logFactorsOf([cells])[0]! >= Math.log(mismatchFactor)) return look
  }
  return undefined
}
