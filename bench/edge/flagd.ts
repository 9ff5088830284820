// flagd's evaluator inside a Worker, as in flagd's OFREP Worker: behind one Hono route, with the flags in
// memory. Workers may not generate code, so it interprets the rules.
import { FlagdCore } from '@openfeature/flagd-core'
import { Hono } from 'hono'

let core: FlagdCore | undefined

const app = new Hono<{ Bindings: { readonly FLAGS: string } }>()
app.post('/ofrep/v1/evaluate/flags', async (c) => {
  core ??= withFlags(c.env.FLAGS)
  const { context = {} } = await c.req.json<{ context?: Record<string, string | number> }>()
  const flags = core.resolveAll(context).map(({ flagKey: key, value, reason, variant, flagMetadata }) => ({
    key,
    value,
    reason,
    variant,
    metadata: flagMetadata,
  }))
  return c.json({ flags })
})

function withFlags(text: string): FlagdCore {
  const quiet = () => {}
  const silent = { error: quiet, warn: quiet, info: quiet, debug: quiet }
  const made = new FlagdCore(undefined, silent, { disableDynamicCodeGeneration: true })
  made.setConfigurations(text)
  return made
}

export default app
