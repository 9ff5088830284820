// The events of work on the lake as people read them.
import type { LakeEvent } from './lake-event.ts'

export function lakeLine(event: LakeEvent): string {
  switch (event.kind) {
    case 'compacted': {
      const { rawObjects, mergedParts, parts, records, copies } = event
      return (
        `${dayOf(event)}: ${integer(rawObjects)} raw objects and ${integer(mergedParts)} parts are ` +
        `${integer(parts)} parts now, ${integer(records)} records without ${integer(copies)} copies.`
      )
    }
    case 'would-compact':
      return (
        `${dayOf(event)}: would compact ${integer(event.rawObjects)} raw objects ` +
        `and ${integer(event.parts)} parts.`
      )
    case 'left-raw':
      return (
        `${dayOf(event)}: ${integer(event.objects)} raw objects stay: they hold fields of a later version, ` +
        `or differ from their names.`
      )
    case 'overtaken':
      return `${dayOf(event)}: other runners changed it meanwhile, the next run goes on.`
    case 'swept':
      return `${dayOf(event)}: ${integer(event.objects)} objects deleted that were not needed any more.`
    case 'would-sweep':
      return `${dayOf(event)}: would delete ${integer(event.objects)} objects that are not needed any more.`
    case 'nothing-to-compact':
      return `${event.environmentId}: nothing to compact.`
    case 'retained': {
      const { isDryRun, objects, records, done, of } = event
      const what = records === undefined ? 'the whole day' : `${integer(records)} records`
      const verb = isDryRun ? 'would delete' : 'deleted'
      return `${dayOf(event)} (${done} of ${of}): ${verb} ${what}, ${integer(objects)} objects.`
    }
    case 'nothing-to-retain':
      return `${event.environmentId}: nothing is that old.`
    case 'no-retention':
      return `${event.environmentId}: its settings name no age at which events go.`
    case 'still-counted': {
      const since = new Date(event.countedFrom).toISOString().slice(0, 10)
      return `${event.environmentId}: ${integer(event.days)} days stay or their links do: what is open reads from ${since} on.`
    }
    case 'progress':
      return `${dayOf(event)}: ${event.done} of ${event.of} days.`
    case 'forgotten':
      return `${event.environmentId}: ${JSON.stringify(event.certificate, undefined, 2)}`
    case 'would-export':
      return (
        `${event.environmentId}: would export the records of ${integer(event.objects)} objects; ` +
        `${integer(event.missingObjects)} are damaged.`
      )
    case 'exported':
      return (
        `${event.environmentId}: ${event.file} has the records of ${integer(event.objects)} objects, ` +
        `${integer(event.bytes)} bytes.`
      )
    default:
      return event satisfies never
  }
}

const dayOf = ({ environmentId, day }: { readonly environmentId: string; readonly day: string }) =>
  `${environmentId}/${day}`

const groups = new Intl.NumberFormat('en-US') // made once: a run prints ten thousand lines
export const integer = (value: number) => groups.format(value).replaceAll(',', ' ')
