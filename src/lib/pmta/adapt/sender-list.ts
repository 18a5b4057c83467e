/** The pattern list that gives each sender its virtual MTA. */
export const SENDER_LIST = 'sender-to-vmta';
