// The data plane: decisions, the bucketing file, event intake. What is not its own goes to control through a service binding.
import { env as bindings, waitUntil } from 'cloudflare:workers'
import { edgeApp } from './app.ts'
import type { EdgeBindings } from './bindings.ts'
import { edgePorts } from './ports.ts'

const env = bindings as unknown as EdgeBindings

export default edgeApp(edgePorts(env, waitUntil), env)
