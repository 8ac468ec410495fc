import { selector } from './abi';

/** What the contracts refuse with, by the signatures of their errors, in plain words. */
export const refusals: Record<string, string> = {
    'AmountZero()': 'The amount is nothing.',
    'DepositTooSmall(uint128,uint128)': 'A first deposit has to be larger than that.',
    'EscrowIsClosed()': 'The escrow is closed: nothing is deposited or settled there any more.',
    'NotInSettlement(bytes32,bytes32)': 'There was another settlement at this moment. Try again.',
    'NothingToPay(address)': 'There is nothing to pay: what was settled is paid already.',
    'NoRequest(address)': 'No withdrawal was asked for.',
    'RequestOpen(address,uint128)': 'A withdrawal was asked for already. It is paid or ended first.',
    'RequestTooLarge(uint128,uint128)': 'That is more than is deposited.',
    'TooEarly(uint256)': 'It is too early: a withdrawal waits for the time that the contracts were made with.',
    'RequestNotCounted(uint64,uint64)': 'No settlement has counted the request yet. Try again after the next one.',
    'NotTheOwnerOf(address,address)': 'Only a part of it is free, which the owner alone may take.',
    'TokenTakesFee(uint256,uint256)': 'The token takes a fee of transfers, which the escrow does not allow.',
    'MemberIsSlashed(bytes32)': 'The worker has signed what contradicts itself: its key never serves again.',
    'NotTheOwner(bytes32,address,address)':
        'Another address has staked first for this key, and it alone takes the stake back.',
    'NothingStaked(bytes32,uint128,uint128)': 'Nothing is at stake that could be taken back.',
    'NothingUnbonding(bytes32)': 'Nothing was taken back that could be paid out.',
    'StakeTooLarge(uint256,uint256)': 'That is more than one member may have at stake.',
    'StakeTooSmall(uint128,uint128)': 'Less than the least stake would be left. Leave more, or take back all.',
    'StillUnbonding(bytes32,uint64)': 'It is too early: until it is paid out, evidence may take it.',
    'ERC20InsufficientBalance(address,uint256,uint256)': 'The address has fewer tokens than that.',
    'ERC20InsufficientAllowance(address,uint256,uint256)': 'The token does not let the contract take so much.',
};

const bySelector = new Map(Object.entries(refusals).map(([signature, text]) => [selector(signature), text]));

const byCode: Record<number, string> = {
    4001: 'You refused it in the wallet. Nothing was sent.',
    4100: 'The wallet has not allowed this page to ask for that. Connect it again.',
    4200: 'The wallet cannot do that.',
    4900: 'The wallet has no connection to any chain.',
    4901: 'The wallet has no connection to that chain.',
    4902: 'The wallet does not know the market’s chain. Add it in the wallet, with a node that the market’s operator names, and try again.',
    [-32002]: 'The wallet waits for an answer to an earlier question. Open it.',
};

const codeOf = (error: unknown): number | null =>
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
        ? error.code
        : null;

/** Data of a revert, wherever the wallet has put it. */
function revertOf(error: unknown, depth = 0): string | null {
    if (typeof error === 'string') {
        return /^0x[0-9a-f]{8}/i.exec(error)?.[0].slice(2).toLowerCase() ?? null;
    }
    if (typeof error !== 'object' || error === null || depth > 4) {
        return null;
    }
    const { data, error: inner, cause } = error as Record<string, unknown>;
    return revertOf(data, depth + 1) ?? revertOf(inner, depth + 1) ?? revertOf(cause, depth + 1);
}

/** What a wallet or a contract said, as a sentence. */
export function walletError(error: unknown): Error {
    const code = codeOf(error);
    const known = (code === null ? undefined : byCode[code]) ?? bySelector.get(revertOf(error) ?? '');
    if (known !== undefined) {
        return new Error(known, { cause: error });
    }
    const said =
        typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
            ? error.message
            : 'no reason was given';
    return new Error(`The wallet could not do it: ${said.slice(0, 300)}`, { cause: error });
}
