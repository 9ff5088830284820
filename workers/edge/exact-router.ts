// A router for Hono that knows exact paths and `*` only: all that edge's own routes need. Hono's routers also
// parse parameters and patterns, which would take edge's bundle over its size limit.
import type { Result, Router } from 'hono/router'

export function exactRouter<T>(): Router<T> {
  const routes: [method: string, path: string, handler: T][] = []
  return {
    name: 'exact',
    add: (method, path, handler) => void routes.push([method, path, handler]),
    match: (method, path): Result<T> => [
      routes.flatMap(([m, p, handler]) =>
        (m === method || m === 'ALL') && (p === path || p === '/*') ? [[handler, {}]] : [],
      ),
    ],
  }
}
