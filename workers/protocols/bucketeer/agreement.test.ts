// A user gets the same from the route for all flags, from the route for one flag, and from the definitions
// with a server SDK's evaluator (test/support/build/bucketeer-evaluator.ts).
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { emptyState } from '../../../core/model/environment-state.ts'
import { checkCandidates } from '../../../core/change/import-plan.ts'
import { bucketeerEvaluate } from '../../../test/support/build/bucketeer-evaluator.ts'
import { featureList, ids, user } from '../../../test/support/build/bucketeer-features.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { goldenKeys, memoryPorts } from '../../../test/support/golden-cases.ts'
import { FeatureList } from './feature.ts'
import { fromFeatureList } from './import/features.ts'
import { localEvaluatorOf } from './local-evaluators.ts'
import { localMode } from './local-mode.ts'
import { bucketeerRoutes } from './routes.ts'
import type { Evaluation } from './wire.ts'
import { callHandler } from '../../../test/support/call-handler.ts'

const sdks = [
  { sourceId: 6, sdkVersion: '0.4.6' },
  { sourceId: 5, sdkVersion: '1.7.0' },
  { sourceId: 5, sdkVersion: '1.5.5' },
]

function gatewayOf(list: unknown) {
  const given = checkCandidates(
    emptyState(),
    fromFeatureList(FeatureList.parse(list), { toJson: (text) => text }, () => false),
  )
  const app = bucketeerRoutes(memoryPorts(given).ports)
  const post = async (path: string, authorization: string, body: object): Promise<unknown> => {
    const init = { method: 'POST', headers: { authorization }, body: JSON.stringify(body) }
    return (await callHandler(app, path, init, {})).json()
  }
  return { given, post }
}

it.each(sdks)('gets the same from both routes and from local mode: %j', async (node) => {
  let decidedLocally = 0
  await fc.assert(
    fc.asyncProperty(
      featureList,
      fc.constantFrom('', 'web'),
      fc.array(user, { minLength: 1, maxLength: 3 }),
      async (features, tag, users) => {
        const { given, post } = gatewayOf(features)
        const definitions = {
          ...((await post('/get_feature_flags', goldenKeys.serverKey, { ...node, tag })) as object),
          ...((await post('/get_segment_users', goldenKeys.serverKey, node)) as object),
        }
        const local = FeatureList.parse(definitions)
        const delivered = new Set(local.features.map(({ id }) => id))
        const knows = localEvaluatorOf(node.sourceId, node.sdkVersion)
        const { omitted } = localMode(given, knows)
        for (const { id, data } of users) {
          const request = { user: { id, data }, tag, sourceId: 6 }
          const { evaluations } = (await post('/get_evaluations', goldenKeys.clientKey, request)) as {
            evaluations: { evaluations: Evaluation[] }
          }
          const all = new Map(evaluations.evaluations.map((each) => [each.featureId, each]))
          for (const featureId of ids) {
            const single = (await post('/get_evaluation', goldenKeys.clientKey, {
              ...request,
              featureId,
            })) as {
              evaluation?: Evaluation
            }
            expect(single.evaluation).toEqual(all.get(featureId))
            const isTagged = given.flags.some(
              ({ key, tags }) => key === featureId && (tag === '' || tags.includes(tag)),
            )
            if (!isTagged) continue
            if (delivered.has(featureId)) {
              expect(bucketeerEvaluate(local, featureId, { id, data })).toBe(all.get(featureId)?.variationId)
              decidedLocally++
            } else if (all.has(featureId)) {
              expect(omitted.map(({ flagKey }) => flagKey)).toContain(featureId)
            }
          }
        }
        expect(
          local.features.every(({ rules, defaultStrategy }) =>
            [defaultStrategy, ...rules.map(({ strategy }) => strategy)].every(
              (strategy) => knows.audiences || !strategy?.rolloutStrategy?.audience,
            ),
          ),
        ).toBe(true)
      },
    ),
    { numRuns: scaled(100) },
  )
  expect(decidedLocally).toBeGreaterThan(0)
})
