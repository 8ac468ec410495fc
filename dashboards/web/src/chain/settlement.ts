// A settlement's file (receipts/SETTLEMENT.md): the row of an account, and its way to the root that the escrow has settled.
import { domain, hash, list, object, parse, uint128, uint64, VerifyError } from '../verify/form';
import { hex, hexWord, nodeHash, numberWord, structHash, type Domain } from '../verify/typed';
import type { Path, Totals } from './abi';

const rowsMax = 100_000;

export interface SettlementFile {
    format: string;
    domain: Domain;
    settlement: {
        number: string;
        epoch: string;
        chainBlock: string;
        accounts: string;
        receipts: string;
        earned: string;
        spent: string;
    };
    compensated: string;
    accounts: Totals[];
    receipts: string[];
}

const owner = (value: unknown, at: string): string => {
    if (typeof value !== 'string' || !/^0x[0-9a-f]{40}$/.test(value)) {
        throw new VerifyError(`${at} is not an address.`);
    }
    return value;
};

const format = (value: unknown): string => {
    if (value !== 'marketplace settlement 1') {
        throw new VerifyError('It is no settlement of version 1.');
    }
    return value;
};

export const parseSettlement = parse(
    'The settlement',
    object<SettlementFile>({
        format,
        domain,
        settlement: object({
            number: uint64,
            epoch: uint64,
            chainBlock: uint64,
            accounts: hash,
            receipts: hash,
            earned: uint128,
            spent: uint128,
        }),
        compensated: uint128,
        accounts: list(object<Totals>({ owner, earned: uint128, spent: uint128, held: uint128 }), rowsMax),
        receipts: list(hash, rowsMax),
    }),
);

const rowType = 'AccountTotals(address owner,uint128 earned,uint128 spent,uint128 held)';

export const rowHash = (row: Totals): Uint8Array =>
    structHash(rowType, [hexWord(row.owner), numberWord(row.earned), numberWord(row.spent), numberWord(row.held)]);

/** The root over leaves, and the way of one of them: a hash without a neighbour goes up as it is. */
export function treeOf(leaves: Uint8Array[], of: number): { root: string; path: Path } {
    const neighbours: string[] = [];
    let lefts = 0n;
    let [level, at] = [leaves, of];
    while (level.length > 1) {
        const neighbour = level[at ^ 1];
        if (neighbour !== undefined) {
            if ((at & 1) === 1) {
                lefts |= 1n << BigInt(neighbours.length);
            }
            neighbours.push(hex(neighbour));
        }
        const above: Uint8Array[] = [];
        for (let index = 0; index < level.length; index += 2) {
            const [left, right] = [level[index], level[index + 1]];
            if (left !== undefined) {
                above.push(right === undefined ? left : nodeHash(left, right));
            }
        }
        level = above;
        at >>= 1;
    }
    const [root] = level;
    return { root: root === undefined ? '0'.repeat(64) : hex(root), path: { neighbours, lefts } };
}

/** The row of an owner with its way to the settled root; null: the settlement does not name it. Rows of another root are refused. */
export function findRow(file: SettlementFile, settledRoot: string, of: string): { row: Totals; path: Path } | null {
    const at = file.accounts.findIndex((row) => row.owner === of.toLowerCase());
    const { root, path } = treeOf(file.accounts.map(rowHash), Math.max(0, at));
    if (root !== settledRoot || file.settlement.accounts !== settledRoot) {
        throw new VerifyError('The settlement that the market gives has other rows than the one on the chain.');
    }
    const row = file.accounts[at];
    return row === undefined ? null : { row, path };
}
