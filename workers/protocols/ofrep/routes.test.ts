// The dialect's golden cases against its routes, with ports in memory, and then valid requests damaged in
// hundreds of ways. The golden cases also run through workerd, in test/e2e/golden.test.ts.
import { describe, expect, it } from 'vitest'
import {
  answerOf,
  goldenCases,
  goldenEnvironment,
  goldenKeys,
  goldenNow,
  memoryPorts,
  requestOf,
} from '../../../test/support/golden-cases.ts'
import { EventRecord } from '../../../analytics/records.ts'
import { complaintAbout, keyHeader } from '../../../test/support/bad-input/answer.ts'
import { mutation, randomFrom } from '../../../test/support/bad-input/mutations.ts'
import { dataRoutes } from '../../../test/support/bad-input/routes.ts'
import { flags } from '../../../test/support/sdk/flags.ts'
import { ofrepRoutes } from './routes.ts'
import { isWellFormed } from '../../../test/support/build/well-formed.ts'
import { askDoor } from '../../../test/support/call-handler.ts'

const cases = goldenCases('ofrep').map((golden) => [`${golden.file}: ${golden.name}`, golden] as const)

it.each(cases)('%s', async (_, golden) => {
  const { ports, sent } = memoryPorts(golden.given)
  const response = await askDoor(
    ofrepRoutes(ports),
    requestOf(golden, 'http://edge.test', goldenKeys),
    undefined,
    {},
  )
  expect({ ...(await answerOf(response, golden)), records: sent }).toEqual({ records: [], ...golden.then })
})

const seed = Number(process.env['TACKLINE_FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
/** TACKLINE_FUZZ_COUNT=10000 is the long run, half a minute. */
const mutations = Number(process.env['TACKLINE_FUZZ_COUNT'] ?? 1_000)

describe('a damaged request', () => {
  const routes = dataRoutes(goldenEnvironment, goldenNow).filter(({ dialect }) => dialect === 'ofrep')
  it.each(routes)(
    'to $path is answered or refused in form, and what it leaves is a record',
    async (route) => {
      const { ports, sent } = memoryPorts({ flags })
      const app = ofrepRoutes(ports)
      const headers = { ...keyHeader['ofrep'](goldenKeys.clientKey), 'content-type': 'application/json' }
      const random = randomFrom(seed)
      for (let i = 0; i < mutations; i++) {
        const body = mutation(route.body, random)
        const response = await askDoor(app, route.path, { method: 'POST', headers, body }, {})
        const complaint = complaintAbout('ofrep', response, await response.text())
        expect({ seed, body, complaint }).toEqual({ seed, body, complaint: undefined })
        for (const record of sent.splice(0)) {
          const flaw = EventRecord.safeParse(record).error?.message
          const wellFormed = isWellFormed(record)
          expect({ seed, body, flaw, wellFormed }).toEqual({
            seed,
            body,
            flaw: undefined,
            wellFormed: true,
          })
        }
      }
    },
    600_000,
  )
})
