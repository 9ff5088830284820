// The time of one lookup in a segment of a million members, for members and non-members in turn. Each key is
// looked up once.
import { decodeMembers, encodeMembers, isMember, membersMax } from '../../core/model/members.ts'
import { median } from '../numbers.ts'
import { asParsed, mulberry32, uuid } from '../users.ts'
import type { Figure } from './figure.ts'

const looks = 100_000

export function figures(rounds: number): Figure[] {
  const random = mulberry32(6)
  const keys = Array.from({ length: membersMax + looks / 2 }, () => uuid(random))
  const bytes = encodeMembers(keys.slice(0, membersMax))
  const decoding: number[] = []
  const looking: number[] = []
  for (let round = -2; round < rounds; round++) {
    const lookedUp = asParsed(keys.filter((_, i) => i >= membersMax || i % (membersMax / (looks / 2)) === 0))
    const start = process.cpuUsage()
    const members = decodeMembers(bytes)!
    const decoded = process.cpuUsage(start)
    let found = 0
    for (const key of lookedUp) if (isMember(members, key)) found++
    const looked = process.cpuUsage(start)
    if (found !== looks / 2) throw new Error(`${found} members found`)
    if (round < 0) continue
    decoding.push(ms(decoded))
    looking.push(((ms(looked) - ms(decoded)) * 1e6) / lookedUp.length)
  }
  return [
    {
      name: 'one look into a segment of 1,000,000 members',
      value: median(looking),
      unit: 'ns',
      atMost: 1_000,
    },
    { name: 'taking in its 8 MB', value: median(decoding), unit: 'ms' },
    { name: 'its bytes per member', value: bytes.length / membersMax, unit: 'B' },
  ]
}

const ms = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000
