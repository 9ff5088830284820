// Words of the palette's actions.
import { inLanguage } from './catalogue.ts'

export const palette = inLanguage({
  en: {
    flags: 'Create flag',
    segments: 'Create segment',
    experiments: 'Create experiment',
    goals: 'Create goal',
    rollouts: 'Start rollout',
    switches: 'Create kill switch',
    schedules: 'Schedule change',
    triggers: 'Create trigger',
    webhooks: 'Create webhook',
    transfer: 'Import a file',
    stale: 'Find stale flags',
  },
  de: {
    flags: 'Flag anlegen',
    segments: 'Segment anlegen',
    experiments: 'Experiment anlegen',
    goals: 'Ziel anlegen',
    rollouts: 'Rollout beginnen',
    switches: 'Notschalter anlegen',
    schedules: 'Änderung planen',
    triggers: 'Auslöser anlegen',
    webhooks: 'Webhook anlegen',
    transfer: 'Datei importieren',
    stale: 'Veraltete Flags finden',
  },
})
