using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>
/// Signed histories, as lines of receipts/LEDGER.md. Those of workers and of the market are for every key, because a buyer goes by them;
/// that of an account names its keys and programs, and is for the account and the operator.
/// </summary>
internal static class LedgersApi
{
    private const string OneLedger = $"{Routes.Ledgers}/{{ledger}}";

    private static readonly QueryRule From = new(Routes.From, "The first index, or the smaller size; left out: 0.")
    {
        Range = new QueryRange(0, int.MaxValue, 0),
    };

    private static readonly QueryRule To = new(Routes.To, "The larger size; 0, or left out: all records that there are.")
    {
        Range = new QueryRange(0, int.MaxValue, 0),
    };

    private static readonly QueryRule Index = new(Routes.Index, "The record's index; left out: 0.")
    {
        Range = new QueryRange(0, int.MaxValue, 0),
    };

    private static readonly QueryRule Size = new(Routes.Size, "Among how many records; 0, or left out: all that there are.")
    {
        Range = new QueryRange(0, int.MaxValue, 0),
    };

    public static void MapLedgersApi(this IEndpointRouteBuilder routes)
    {
        var ledgers = routes.MapGroup("").WithTags("Ledgers");
        ledgers.MapGet(OneLedger, Head).WithName("GetLedgerHead").Needs(Scopes.Read).GivesBytes().Refuses(ErrorCode.Forbidden);
        ledgers
            .MapGet($"{OneLedger}/records", List)
            .WithName("ListLedgerRecords")
            .Needs(Scopes.Read)
            .TakesQuery(From, Pages.Limit)
            .Holds(GatewayPolicy.LedgerAnswerBytes)
            .GivesBytes()
            .Refuses(ErrorCode.Forbidden);
        ledgers
            .MapGet($"{OneLedger}/proof", Prove)
            .WithName("ProveLedgerRecord")
            .Needs(Scopes.Read)
            .TakesQuery(Index, Size)
            .GivesBytes()
            .Refuses(ErrorCode.Forbidden, ErrorCode.LimitExceeded);
        ledgers
            .MapGet($"{OneLedger}/consistency", ProveBeginning)
            .WithName("ProveLedgerConsistency")
            .Needs(Scopes.Read)
            .TakesQuery(From, To)
            .GivesBytes()
            .Refuses(ErrorCode.Forbidden, ErrorCode.LimitExceeded);
        ledgers
            .MapGet($"{Routes.Batches}/{{root}}", ProveBatch)
            .WithName("ProveReceiptBatch")
            .Needs(Scopes.Read)
            .GivesBytes()
            .Refuses(ErrorCode.BatchNotFound);
    }

    /// <summary>
    /// The head of a signed history, signed now by the market: a line by receipts/LEDGER.md. Keep it, and compare later ones.
    /// </summary>
    internal static async Task<Download> Head(HttpContext http, string ledger, IGrainFactory grains)
    {
        var name = NameOf(ledger);
        return Download.Bytes(await LedgerOf(grains, name).GetHead(http.Caller()).WaitAsync(http.RequestAborted), $"{name}.head.json");
    }

    /// <summary>
    /// Records of a signed history from an index on, each a line by receipts/LEDGER.md; fewer than asked for where they would be too many
    /// bytes, and none beyond the last.
    /// </summary>
    internal static async Task<Download> List(HttpContext http, string ledger, IGrainFactory grains)
    {
        var name = NameOf(ledger);
        var (from, limit) = (RequestReader.Number(http, From), RequestReader.Number(http, Pages.Limit));
        var lines = await LedgerOf(grains, name).List(http.Caller(), from, limit).WaitAsync(http.RequestAborted);
        var bytes = new byte[lines.Sum(line => line.Length + 1)];
        var place = 0;
        foreach (var line in lines)
        {
            line.CopyTo(bytes.AsMemory(place));
            place += line.Length;
            bytes[place++] = (byte)'\n';
        }
        return Download.Bytes(bytes, $"{name}.records.jsonl");
    }

    /// <summary>The proof, by RFC 9162, that a record is in a signed history.</summary>
    internal static async Task<Download> Prove(HttpContext http, string ledger, IGrainFactory grains)
    {
        var name = NameOf(ledger);
        var proof = LedgerOf(grains, name).Prove(http.Caller(), RequestReader.Number(http, Index), OrAll(http, Size));
        return Download.Bytes(await proof.WaitAsync(http.RequestAborted), $"{name}.proof.json");
    }

    /// <summary>The proof, by RFC 9162, that the first records of a signed history are the beginning of more of it.</summary>
    internal static async Task<Download> ProveBeginning(HttpContext http, string ledger, IGrainFactory grains)
    {
        var name = NameOf(ledger);
        var proof = LedgerOf(grains, name).ProveBeginning(http.Caller(), RequestReader.Number(http, From), OrAll(http, To));
        return Download.Bytes(await proof.WaitAsync(http.RequestAborted), $"{name}.consistency.json");
    }

    /// <summary>
    /// The proof that the market's ledger names what a committee has signed, by its root: a file by receipts/LEDGER.md. The ledger names it
    /// some seconds after it was signed.
    /// </summary>
    internal static async Task<Download> ProveBatch(HttpContext http, string root, IGrainFactory grains)
    {
        if (!Bytes32.TryParse(root, out var signed))
        {
            throw RequestReader.Malformed(
                GatewayMessages.BadId("what a committee has signed", root, $"{Bytes32.TextSize} hexadecimal digits")
            );
        }
        var proof = grains.GetGrain<ICertificateGrain>(signed.ToString()).Prove(http.Caller());
        return Download.Bytes(await proof.WaitAsync(http.RequestAborted), $"{signed}.batch.json");
    }

    private static long? OrAll(HttpContext http, QueryRule rule) => RequestReader.Number(http, rule) is var number and > 0 ? number : null;

    private static ILedgerGrain LedgerOf(IGrainFactory grains, LedgerName name) => grains.GetGrain<ILedgerGrain>(name.ToString());

    private static LedgerName NameOf(string text) =>
        LedgerName.TryParse(text, out var name)
            ? name
            : throw RequestReader.Malformed(
                GatewayMessages.BadId("a ledger", text, "'market', or 'account.' or 'worker.' and 64 hexadecimal digits in small letters")
            );
}
