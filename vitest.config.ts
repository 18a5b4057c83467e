import { defineConfig } from 'vitest/config';

// Times are bounds against hanging, not figures: a loaded machine makes keys slowly.
const common = {
  disableConsoleIntercept: true,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  setupFiles: ['test/support/cpu-seconds.ts'],
};

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: 'unit', include: ['test/unit/**/*.test.ts', 'engine/test/**/*.test.ts'] } },
      { test: { ...common, name: 'contract', include: ['test/contract/**/*.test.ts'] } },
      // Real servers on the loopback of this machine: no lab, and no root.
      {
        test: {
          ...common,
          name: 'servers',
          include: ['test/servers/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        // Lab tests share one machine: one file at a time here; bin/test.js decides how many side by side.
        test: {
          ...common,
          name: 'lab',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
      { test: { ...common, name: 'bench', include: [], benchmark: { include: ['test/bench/**/*.bench.ts'] } } },
    ],
  },
});
