/** A console command of MailWizz and how often cron runs it. */
export interface CronEntry {
  readonly schedule: string;
  readonly command: string;
}

/** The console commands of MailWizz 2.2 that must run, exactly these eight. */
export const CRON_ENTRIES: readonly CronEntry[] = [
  { schedule: '* * * * *', command: 'send-campaigns' },
  { schedule: '* * * * *', command: 'queue' },
  { schedule: '*/2 * * * *', command: 'send-transactional-emails' },
  { schedule: '*/3 * * * *', command: 'process-delivery-and-bounce-log' },
  { schedule: '*/10 * * * *', command: 'bounce-handler' },
  { schedule: '*/20 * * * *', command: 'feedback-loop-handler' },
  { schedule: '0 * * * *', command: 'hourly' },
  { schedule: '0 0 * * *', command: 'daily' },
];
