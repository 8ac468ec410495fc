using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>What vote logs refuse, and what to do then.</summary>
internal static class VoteLogErrors
{
    private const string NewKey =
        "Move the files 'committee.votes*' away and let the worker make a new key, which it registers by itself and serves with from the "
        + "next epoch on.";

    public static VoteLogException Damaged(string path, string where) =>
        new($"'{path}' is damaged: {where}. A crash does not do that, so what this key has voted is unknown. {NewKey}");

    public static VoteLogException Earlier(string path) =>
        new($"'{path}' is of form 1, which says for no market what it voted; this version reads forms 2 and 3. {NewKey}");

    public static VoteLogException OfOtherWorker(string path, WorkerId owner, WorkerId worker) =>
        new(
            $"'{path}' has the votes of worker {owner}; this is worker {worker}. Put it back into the folder of its worker, and start "
                + "this one in a folder of its own."
        );

    public static VoteLogException OfOtherMarket(string path, Bytes32 bound, Bytes32 market) =>
        new(
            $"'{path}' has votes for the market {bound}; the worker is connected to {market} (where a market settles on a chain, this is "
                + "the hash of its domain). A key votes for one market and one contract of it: start the worker in another folder, or get "
                + $"a new key. {NewKey}"
        );

    public static VoteLogException OldCopy(string path, string seen) =>
        new(
            $"'{path}' is an old copy: {seen}. What its key has voted since is not in it, so it could contradict itself. Put the newest "
                + $"files back if they are still somewhere, all of 'committee.votes*' together. {NewKey}"
        );

    public static VoteLogException NotOwn(string path) =>
        new(
            $"'{path}' is not as this process has left it: another one votes with the folder, or the folder was moved. Nothing was signed. "
                + "Stop the other one and start this worker again, in the folder that has all of 'committee.votes*'."
        );

    public static VoteRefusedException TooOld(ulong epoch, ulong floor) =>
        new($"Epoch {epoch} is not from the floor {floor} to {ulong.MaxValue - 1}: nothing is voted in it.");

    public static VoteRefusedException TooSoon(ulong epoch, ulong newest, DateTimeOffset from) =>
        new(
            $"Epoch {epoch} cannot have begun: the newest one known is {newest}, each takes {VoteLogPolicy.EpochStepMin} or more, so it "
                + $"is voted in from {from:u} on. If that is past, set the clock of this machine; if it is years ahead, the clock was "
                + $"so when the key last voted. {NewKey}"
        );

    public static VoteRefusedException Contradicts(ulong epoch, MemberVote vote) =>
        new($"On {vote.Kind} {vote.Subject} of epoch {epoch} the vote was another; {vote.Digest} would contradict it.");

    public static VoteRefusedException SettlementOver(Settlement settlement, SignedSettlements last) =>
        new(
            $"Settlement {settlement.Number} of epoch {settlement.Epoch} does not come after settlement {last.Number} of epoch "
                + $"{last.Epoch}, the last one that was signed."
        );

    public static VoteRefusedException OtherSettlement(Settlement settlement, SignedSettlements last) =>
        new(
            $"Settlement {settlement.Number} of epoch {settlement.Epoch} was signed with the hash {last.Hash}; {settlement.Hash()} would "
                + "contradict it."
        );

    public static VoteRefusedException TooMany(ulong epoch, int votes, int max) =>
        new($"The log has {votes} votes of epoch {epoch}, and takes {max}: it votes again in the next one.");
}
