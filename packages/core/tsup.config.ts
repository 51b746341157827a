import type { Options } from 'tsup'

const config: Options = {
  entry: {
    index: 'src/index.ts',
    'mocks/index': 'src/mocks/index.ts',
    'node/index': 'src/node/index.ts',
    'platform/node': 'src/platform/node.ts',
    'platform/portable': 'src/platform/portable.ts',
  },
  external: ['#platform', /^node:/],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  removeNodeProtocol: false,
  dts: false,
  clean: true,
}

export default config
