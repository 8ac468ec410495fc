using System.Numerics;
using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Testing;

/// <summary>
/// Receipts and what is signed of them, as the contract ABI and typed data have values, with the types of the latter as wallets would be
/// given them: written from RECEIPT.md and COMMITTEE.md, not from the code that hashes.
/// </summary>
internal static class ReceiptValues
{
    public static TypedStructs Types { get; } =
        new(
            new Dictionary<string, IReadOnlyList<TypedMember>>
            {
                ["Receipt"] = Members(
                    "Execution execution,bytes32 payer,Seat[] seats,string assurance,string state,string fault,uint128 priceLimit,"
                        + "uint128 price,Share[] shares,uint64 epoch,uint64 endedAt"
                ),
                ["Execution"] = Members("Invocation invocation,Result result"),
                ["Invocation"] = Members(
                    "bytes32 job,bytes32 program,bytes32 module,string entryPoint,string[] arguments,Variable[] environment,"
                        + "bytes32 input,File[] files,uint64 clock,uint64 fuelLimit,uint32 memoryPages,uint64 timeLimit"
                ),
                ["Result"] = Members(
                    "bytes32 profile,string outcome,int32 exitCode,uint64 fuel,bytes32 output,File[] outputFiles,bytes32 stateBefore,"
                        + "bytes32 stateAfter,bytes32 writes"
                ),
                ["File"] = Members("string name,bytes32 content"),
                ["Variable"] = Members("string name,string value"),
                ["Seat"] = Members("bytes32 worker,uint128 unitPrice"),
                ["Share"] = Members("bytes32 account,uint128 amount"),
                ["Reuse"] = Members("Receipt receipt,bytes32 earlier,uint16 percent"),
                ["Executions"] = Members("bytes32 root"),
                ["Receipts"] = Members("uint64 epoch,bytes32 root"),
                ["Member"] = Members("bytes32 worker,bytes blsKey,bytes possession,bytes registration,uint128 weight"),
                ["Committee"] = Members("uint64 epoch,Member[] members"),
                ["CommitteeReceipts"] = Members("Committee committee,bytes32 root"),
                ["Settlement"] = Members(
                    "uint64 number,uint64 epoch,uint64 chainBlock,bytes32 accounts,bytes32 receipts,uint128 earned,uint128 spent"
                ),
                ["AccountTotals"] = Members("address owner,uint128 earned,uint128 spent,uint128 held"),
                ["Possession"] = Members("address owner,bytes32 worker,bytes key"),
            }
        );

    /// <summary>The market's domain as wallets have it.</summary>
    public static TypedDomain Of(MarketDomain domain) =>
        new()
        {
            Name = "Marketplace",
            Version = "1",
            ChainId = domain.ChainId,
            VerifyingContract = domain.Contract,
            Salt = domain.Market,
        };

    public static object[] Of(Receipt receipt) =>
        [
            Of(receipt.Execution),
            Word(receipt.Payer.Value),
            List(receipt.Seats, seat => [Word(seat.Worker.Value), Number(seat.UnitPrice.BaseUnits)]),
            receipt.Assurance,
            receipt.State,
            receipt.Fault,
            Number(receipt.PriceLimit.BaseUnits),
            Number(receipt.Price.BaseUnits),
            List(receipt.Shares, share => [Word(share.Account.Value), Number(share.Amount.BaseUnits)]),
            Number(receipt.Epoch),
            Number(receipt.EndedAt),
        ];

    public static object[] Of(CommitteeMember member) =>
        [
            Word(member.Worker.Value),
            Convert.FromHexString(member.BlsKey),
            Convert.FromHexString(member.Possession),
            Convert.FromHexString(member.Registration),
            Number(member.Weight.BaseUnits),
        ];

    private static object[] Of(Execution execution) => [Of(execution.Invocation), Of(execution.Result)];

    private static object[] Of(Invocation invocation) =>
        [
            Word(invocation.Job.Value),
            Word(invocation.Program.Value),
            Word(invocation.Module.Value),
            invocation.EntryPoint,
            invocation.Arguments.Select(argument => (object)argument).ToArray(),
            List(invocation.Environment, variable => [variable.Name, variable.Value]),
            Word(invocation.Input.Value),
            Of(invocation.Files),
            Number(invocation.Clock),
            Number(invocation.FuelLimit),
            Number(invocation.MemoryPages),
            Number(invocation.TimeLimit),
        ];

    private static object[] Of(RunResult result) =>
        [
            Word(result.Profile),
            result.Outcome,
            (BigInteger)result.ExitCode,
            Number(result.Fuel),
            Word(result.Output.Value),
            Of(result.OutputFiles),
            Word(result.StateBefore.Value),
            Word(result.StateAfter.Value),
            Word(result.Writes),
        ];

    private static object[] Of(IReadOnlyList<NamedContent> files) => List(files, file => [file.Name, Word(file.Content.Value)]);

    private static object[] List<TItem>(IReadOnlyList<TItem> items, Func<TItem, object[]> of) =>
        items.Select(item => (object)of(item)).ToArray();

    private static object Word(Bytes32 word) => word.ToArray();

    private static object Number(UInt128 number) => (BigInteger)number;

    private static TypedMember[] Members(string text) =>
        [.. text.Split(',').Select(member => member.Split(' ')).Select(pair => new TypedMember(pair[1], pair[0]))];
}
