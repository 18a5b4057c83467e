/** A console command of MailWizz and how often cron runs it. */
export interface CronEntry {
  readonly schedule: string;
  readonly command: string;
  /** Seconds between two runs. */
  readonly period: number;
}

/** The console commands of MailWizz 2.2 that must run, exactly these eight. */
export const CRON_ENTRIES: readonly CronEntry[] = [
  { schedule: '* * * * *', command: 'send-campaigns', period: 60 },
  { schedule: '* * * * *', command: 'queue', period: 60 },
  { schedule: '*/2 * * * *', command: 'send-transactional-emails', period: 120 },
  { schedule: '*/3 * * * *', command: 'process-delivery-and-bounce-log', period: 180 },
  { schedule: '*/10 * * * *', command: 'bounce-handler', period: 600 },
  { schedule: '*/20 * * * *', command: 'feedback-loop-handler', period: 1200 },
  { schedule: '0 * * * *', command: 'hourly', period: 3600 },
  { schedule: '0 0 * * *', command: 'daily', period: 86_400 },
];

/** Seconds since things happened; undefined for what never did. `installed`: since the panel opened, which lets cron begin. */
export interface CronAges {
  readonly installed: number;
  readonly ran: ReadonlyMap<string, number>;
}

/** Commands that are late: neither did they run within two periods, nor was the panel closed within them. */
export function lateCommands({ installed, ran }: CronAges): string[] {
  return CRON_ENTRIES.flatMap(({ command, period }) => {
    const age = ran.get(command);
    if (Math.min(age ?? installed, installed) < 2 * period) return [];
    return [age === undefined ? `${command} never ran` : `${command} ran ${age} s ago, is due every ${period} s`];
  });
}
