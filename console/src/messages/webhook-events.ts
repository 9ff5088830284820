// Words for what a webhook can be told of: by the kind of entity, and by what happens to it.
import type { NotificationKind } from '../../../core/model/notification-kind.ts'
import { inLanguage } from './catalogue.ts'

/** Comes by itself, and is not asked for. */
type OfWebhooks = 'webhook.test' | 'webhook.digest'
type Asked = Exclude<NotificationKind, OfWebhooks>
export type EventSubject = Asked extends `${infer Subject}.${string}` ? Subject : never
type What = Asked extends `${string}.${infer Happened}` ? Happened : never

interface EventWords {
  readonly search: string
  readonly all: (subject: string) => string
  readonly none: (text: string) => string
  readonly subjects: Readonly<Record<EventSubject, string>>
  readonly happenings: Readonly<Record<What, string>>
}

const en: EventWords = {
  search: 'Search what happens',
  all: (subject) => `${subject}: everything`,
  none: (text) => `Nothing is called “${text}”.`,
  subjects: {
    flag: 'Flag',
    experiment: 'Experiment',
    'progressive-rollout': 'Rollout',
    operation: 'Kill switch',
    schedule: 'Scheduled change',
    job: 'Job',
    segment: 'Segment',
    goal: 'Goal',
    'dynamic-allocation': 'Dynamic allocation',
    layer: 'Layer',
    holdout: 'Holdout',
    trigger: 'Trigger',
    settings: 'Settings',
    'sdk-key': 'SDK key',
    webhook: 'Webhook',
    tag: 'Tag',
  },
  happenings: {
    'turned-on': 'turned on',
    'turned-off': 'turned off',
    archived: 'archived',
    stale: 'stale',
    fired: 'fired',
    'health-red': 'health check failed',
    verdict: 'verdict reached',
    stopped: 'stopped',
    'rolled-back': 'rolled back',
    'stepped-back': 'went a step back',
    paused: 'paused',
    'awaits-approval': 'waits for approval',
    finished: 'finished',
    step: 'made a step',
    conflict: 'no longer possible',
    refused: 'refused',
    applied: 'made',
    failed: 'keeps failing',
    created: 'created',
    updated: 'changed',
    deleted: 'deleted',
  },
}

const de: EventWords = {
  search: 'Suchen, was geschieht',
  all: (subject) => `${subject}: alles`,
  none: (text) => `Nichts heißt „${text}“.`,
  subjects: {
    flag: 'Flag',
    experiment: 'Experiment',
    'progressive-rollout': 'Rollout',
    operation: 'Notschalter',
    schedule: 'Geplante Änderung',
    job: 'Job',
    segment: 'Segment',
    goal: 'Ziel',
    'dynamic-allocation': 'Dynamische Zuteilung',
    layer: 'Ebene',
    holdout: 'Holdout',
    trigger: 'Auslöser',
    settings: 'Einstellungen',
    'sdk-key': 'SDK-Schlüssel',
    webhook: 'Webhook',
    tag: 'Tag',
  },
  happenings: {
    'turned-on': 'eingeschaltet',
    'turned-off': 'ausgeschaltet',
    archived: 'archiviert',
    stale: 'veraltet',
    fired: 'ausgelöst',
    'health-red': 'Prüfung fehlgeschlagen',
    verdict: 'Urteil erreicht',
    stopped: 'beendet',
    'rolled-back': 'zurückgenommen',
    'stepped-back': 'ging einen Schritt zurück',
    paused: 'angehalten',
    'awaits-approval': 'wartet auf Freigabe',
    finished: 'abgeschlossen',
    step: 'machte einen Schritt',
    conflict: 'nicht mehr möglich',
    refused: 'abgelehnt',
    applied: 'ausgeführt',
    failed: 'schlägt dauernd fehl',
    created: 'angelegt',
    updated: 'geändert',
    deleted: 'gelöscht',
  },
}

export const eventWords = inLanguage({ en, de })
