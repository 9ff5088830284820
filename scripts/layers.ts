// Evaluates dependency-cruiser's report: that it read all sources, that its rules hold, and that some modules
// are not reached through others either.

type Dependency = { resolved: string; dependencyTypes: string[]; typeOnly?: boolean }
export type CruiseResult = {
  modules: { source: string; dependencies: Dependency[] }[]
  summary: {
    totalCruised: number
    totalDependenciesCruised?: number
    violations: { from: string; to: string; rule: { name: string }; cycle?: { name: string }[] }[]
    ruleSetUsed?: { forbidden?: { name: string; comment?: string }[] }
  }
}

/** `from` must not load `to` at run time, directly or through other modules. */
const outOfReach = [
  {
    name: 'edge-has-no-database',
    comment: 'The data plane reads snapshots. What needs D1 belongs to control.',
    from: /^workers\/edge\/(?!.*[.]test[.]ts$)/,
    to: /^workers\/storage\/[a-z-]*schema[.]ts$|node_modules\/drizzle-/,
  },
  {
    name: 'storage-knows-no-http',
    comment: 'Return values and problems, not responses.',
    from: /^workers\/storage\/(?!.*[.]test[.]ts$)/,
    to: /node_modules\/(hono|@hono)\//,
  },
  {
    name: 'evaluation-loads-no-schemas',
    comment: 'Use `import type`: input is validated at the border, before it is evaluated.',
    from: /^core\/evaluation\/evaluate[.]ts$/,
    to: /node_modules\/zod\//,
  },
]

export function judgeLayers(
  result: CruiseResult,
  sources: string[],
): { ok: boolean; output: string; note: string } {
  const { summary, modules } = result
  const dependencies = summary.totalDependenciesCruised ?? 0
  const note = `${summary.totalCruised} modules, ${dependencies} dependencies`
  const cruised = new Set(modules.map((module) => module.source))
  const missed = sources.filter((file) => !cruised.has(file) && !file.endsWith('.d.ts'))
  if (sources.length === 0 || missed.length > 0 || dependencies < sources.length / 2) {
    const problem = `dependency-cruiser did not read the sources (${note}; ${sources.length} files).`
    const output = [`${problem} Is @swc/core installed?`, ...missed.slice(0, 10)].join('\n')
    return { ok: false, output, note }
  }

  const comments = new Map(summary.ruleSetUsed?.forbidden?.map((rule) => [rule.name, rule.comment ?? '']))
  const broken = summary.violations.map(({ from, to, rule, cycle }) => {
    const route = cycle ? [from, ...cycle.map((step) => step.name)] : [from, to]
    return sentence(rule.name, comments.get(rule.name) ?? '', route)
  })
  const reached = outOfReach.flatMap(({ name, comment, from, to }) =>
    modules
      .filter((module) => from.test(module.source))
      .flatMap((module) => routeTo(result, module.source, to) ?? [])
      .map((route) => sentence(name, comment, route)),
  )
  const output = [...new Set([...broken, ...reached])].join('\n')
  return { ok: output === '', output, note }
}

/** The shortest chain of run-time imports from a module to one whose path matches. */
function routeTo({ modules }: CruiseResult, from: string, target: RegExp): [string[]] | undefined {
  const dependenciesOf = new Map(modules.map((module) => [module.source, module.dependencies]))
  const routes = [[from]]
  const visited = new Set([from])
  for (const route of routes) {
    for (const { resolved, dependencyTypes } of dependenciesOf.get(route.at(-1) ?? '') ?? []) {
      if (dependencyTypes.includes('type-only') || visited.has(resolved)) continue
      if (target.test(resolved)) return [[...route, resolved]]
      visited.add(resolved)
      routes.push([...route, resolved])
    }
  }
  return undefined
}

function sentence(name: string, comment: string, route: string[]): string {
  return `${name}: ${route.join(' -> ')}\n  ${comment}`
}
