import type { DeliveryServer } from './delivery-servers.js';

/** How PowerMTA on VPS2 chooses the way of a message, as it runs. */
export interface RunningMap {
  /** Names of the virtual MTAs that it runs. */
  readonly virtualMtas: readonly string[];
  /** Those that its list of senders leads to: what is only drained is not among them. */
  readonly used: readonly string[];
  /** The virtual MTA that its list of senders gives to an address. */
  readonly virtualMtaOf: (sender: string) => string | undefined;
}

/**
 * Where active delivery servers and the running PowerMTA do not agree, in both directions, as sentences. The header of a delivery
 * server wins over the list of senders, so a message whose two ways differ leaves from an IP that its From is not proven for.
 */
export function mapDisagreements(
  servers: readonly Pick<DeliveryServer, 'name' | 'from_email' | 'status' | 'virtualMta'>[],
  { virtualMtas, used, virtualMtaOf }: RunningMap,
): string[] {
  const active = servers.filter(({ status }) => status === 'active');
  const running = new Set(virtualMtas);
  const named = new Set(active.map(({ virtualMta }) => virtualMta));
  return [
    ...active.flatMap(({ from_email: sender, virtualMta }): string[] => {
      if (virtualMta === '') return [];
      const chosen = virtualMtaOf(sender);
      return [
        ...(running.has(virtualMta)
          ? []
          : [`the delivery server of ${sender} asks for ${virtualMta}, which PowerMTA does not run`]),
        ...(chosen === virtualMta
          ? []
          : [
              `the delivery server of ${sender} asks for ${virtualMta}, and PowerMTA's list of senders ` +
                (chosen === undefined ? 'does not know this sender' : `gives it to ${chosen}`),
            ]),
      ];
    }),
    ...used
      .filter((name) => running.has(name) && !named.has(name))
      .map((name) => `PowerMTA runs ${name} for a sender, and no active delivery server asks for it`),
  ];
}
