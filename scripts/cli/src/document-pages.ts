import path from 'node:path';

/** A page of docs/figures and the command line that measures it. */
interface DocumentPage {
  readonly name: string;
  /** What it needs of the folder of data; nothing where it measures on the sample that ships. */
  readonly files: readonly string[];
  /** Its figures go into a folder of its name: another page has figures of the same names. */
  readonly hasFolder?: true;
  /** Arguments of edge-csi, but for where the result goes. */
  readonly args: (dataDir: string) => readonly string[];
}

const [train, select, test] = ['train', 'val', 'test'].map((split) => `cost2100-indoor-${split}.npz`) as [
  string,
  string,
  string,
];

/** Pruned DualNet-MAG models by codeword length. */
function magModels(...lengths: readonly number[]): string {
  return lengths.map((length) => `dualnet-mag-m${length}`).join();
}

/** Every page whose figures documents cite, quick ones first. */
export const documentPages: readonly DocumentPage[] = [
  { name: 'link-run', files: [], args: () => ['link-run'] },
  { name: 'encode-latency', files: [], args: () => ['bench', '--suite', 'latency'] },
  {
    name: 'decoder-cost',
    files: [],
    args: () => [
      ...['bench', '--suite', 'decoder', '--rounds', '7', '--seconds', '1'],
      ...['--models', `dualnet-mag-minmax-m128,${magModels(128, 43, 384)}`],
    ],
  },
  { name: 'simulator', files: [], args: () => ['bench', '--suite', 'simulator'] },
  { name: 'ageing', files: [], args: () => ['bench', '--suite', 'ageing'] },
  {
    name: 'throughput-gain',
    files: [],
    args: () => ['bench', '--suite', 'throughput-gain', '--models', magModels(16, 43, 128, 384)],
  },
  {
    name: 'accuracy',
    files: [test],
    args: (dataDir) => ['bench', '--suite', 'accuracy', '--data', path.join(dataDir, test)],
  },
  {
    name: 'accuracy-by-snr',
    files: [test],
    hasFolder: true,
    args: (dataDir) => [
      ...['bench', '--suite', 'accuracy', '--by', 'snr', '--models', magModels(16, 43, 128, 384)],
      ...['--data', path.join(dataDir, test)],
    ],
  },
  {
    name: 'dense-study',
    files: [train, test],
    args: (dataDir) => [
      ...['bench', '--suite', 'dense', '--models', magModels(4, 8, 16, 43, 64, 128, 384)],
      ...['--data', path.join(dataDir, test), '--samples', '600'],
      ...['--baselines-from', path.join(dataDir, train), '--fit-samples', '12000'],
    ],
  },
  {
    name: 'rate-distortion',
    files: [train, select, test],
    args: (dataDir) => [
      ...['bench', '--suite', 'rate-distortion', '--models', magModels(4, 8, 16, 43, 64, 128, 256, 384)],
      ...['--data', path.join(dataDir, test), '--samples', '800', '--select', path.join(dataDir, select)],
      ...['--baselines-from', path.join(dataDir, train)],
    ],
  },
  {
    name: 'server-load',
    files: [],
    args: () => ['bench', '--suite', 'server', '--models', magModels(384, 128, 43), '--seconds', '20'],
  },
  { name: 'cluster', files: [], args: () => ['bench', '--suite', 'cluster'] },
  { name: 'soak', files: [], args: () => ['bench', '--suite', 'soak', '--models', magModels(43), '--seconds', '1200'] },
];
