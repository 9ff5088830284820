// Keeps Durable Objects in a jurisdiction, if the variable JURISDICTION names one (`npm run deploy --
// --jurisdiction eu`). An object of a jurisdiction is another object than the one of the same name without.

interface Restrictable {
  jurisdiction(name: string): unknown
}

/** The bindings, with namespaces of Durable Objects that make and find objects only there. */
export function inJurisdiction<Bindings extends object>(bindings: Bindings): Bindings {
  const { JURISDICTION: name } = bindings as { readonly JURISDICTION?: string }
  if (!name) return bindings
  const restricted = Object.entries(bindings).map(([binding, value]: [string, unknown]) => [
    binding,
    isNamespace(value) ? value.jurisdiction(name) : value,
  ])
  return Object.fromEntries(restricted) as Bindings
}

/** RPC stubs have every method, so the methods of a namespace alone do not tell it from a service. */
const isNamespace = (value: unknown): value is Restrictable =>
  (value as object | null)?.constructor?.name === 'DurableObjectNamespace'
