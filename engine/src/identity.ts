/** Who may send: an IP, the host name that it greets with, and the address that sends from it. */
export interface SendingIdentity {
  readonly ip: string;
  readonly domain: string;
  readonly sender: string;
}
