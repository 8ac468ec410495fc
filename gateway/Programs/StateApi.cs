using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>
/// A program's state, for the accounts that have deployed the program: its keys, values with proofs, and the whole of it in chunks.
/// </summary>
internal static class StateApi
{
    /// <summary>Before a key that is written as it reads.</summary>
    private const string TextWord = "text:";

    private const string OneProgram = $"{Routes.Programs}/{{program}}";

    private static readonly QueryRule Root = new(Routes.RootFilter, "An older root that is still kept; left out: the newest.")
    {
        Value = typeof(StateRoot),
    };

    private static readonly QueryRule Prefix = new(Routes.Prefix, "Only keys that begin with these bytes, in hexadecimal.")
    {
        Pattern = $"^([0-9a-fA-F]{{2}}){{0,{ProgramLimits.StateKeyBytesMax}}}$",
    };

    private static readonly QueryRule AfterKey = new(Routes.After, "'next' of the page before; left out: from the first key.")
    {
        Pattern = Prefix.Pattern,
    };

    private static readonly QueryRule AfterPath = new(Routes.After, "'next' of the chunk before; left out: the first chunk.")
    {
        Pattern = ValueShapes.HexId,
    };

    private static readonly QueryRule Proof = new(Routes.WithProof, "'true': with the proof under the root.")
    {
        Pattern = "^(true|false)$",
    };

    public static void MapStateApi(this IEndpointRouteBuilder routes)
    {
        var state = routes.MapGroup("").WithTags("Programs");
        state
            .MapGet($"{OneProgram}/state", List)
            .WithName("ListState")
            .Needs(Scopes.Read)
            .TakesQuery(Root, Prefix, AfterKey, Pages.Limit)
            .Holds(GatewayPolicy.StateAnswerBytes)
            .Refuses(ErrorCode.ProgramNotFound, ErrorCode.StateRootGone);
        state
            .MapGet($"{OneProgram}/state/{{stateKey}}", Get)
            .WithName("GetState")
            .Needs(Scopes.Read)
            .TakesQuery(Root, Proof)
            .Holds(GatewayPolicy.StateAnswerBytes)
            .Refuses(ErrorCode.ProgramNotFound, ErrorCode.StateRootGone);
        state
            .MapGet($"{OneProgram}/state:export", Export)
            .WithName("ExportState")
            .Needs(Scopes.Read)
            .TakesQuery(Root, AfterPath)
            .Holds(GatewayPolicy.StateAnswerBytes)
            .Refuses(ErrorCode.ProgramNotFound, ErrorCode.StateRootGone);
        state
            .MapPost($"{OneProgram}/state:import", Import)
            .WithName("ImportState")
            .Needs(Scopes.Deploy)
            .TakesJson(typeof(StateImportRequest), GatewayPolicy.StateChunkBodyBytesMax)
            .Refuses(ErrorCode.ProgramNotFound, ErrorCode.StateNotEmpty);
    }

    /// <summary>The keys of a program's state in the order of their bytes, for accounts that have deployed it.</summary>
    internal static async Task<JsonAnswer<StateKeyPage>> List(HttpContext http, string program, IGrainFactory grains)
    {
        var prefix = BytesOf(http, Prefix) ?? default;
        var view = await StateOf(grains, program)
            .ListFor(http.Caller(), RootOf(http), prefix, BytesOf(http, AfterKey), RequestReader.Number(http, Pages.Limit))
            .WaitAsync(http.RequestAborted);
        var page = new StateKeyPage(
            view.Root,
            view.Count,
            view.Bytes,
            [.. view.Keys.Select(static key => new StateKeyName(Convert.ToHexStringLower(key.Span), TextOf(key.Span)))],
            view.IsWhole ? null : Convert.ToHexStringLower(view.Keys[^1].Span)
        );
        return new JsonAnswer<StateKeyPage>(page, ApiJson.Default.StateKeyPage) { IsLarge = true };
    }

    /// <summary>
    /// The value of one key of a program's state, or that it has none, for accounts that have deployed it. The key stands in the path in
    /// hexadecimal, or behind 'text:' as it reads where it has no '/' and no '%'.
    /// </summary>
    internal static async Task<JsonAnswer<StateKeyValue>> Get(HttpContext http, string program, string stateKey, IGrainFactory grains)
    {
        var key = KeyOf(stateKey);
        var withProof = RequestReader.Text(http, Proof.Name) switch
        {
            null or "false" => false,
            "true" => true,
            var other => throw RequestReader.Malformed(GatewayMessages.BadId("a choice of 'proof'", other, "'true' or 'false'")),
        };
        var view = await StateOf(grains, program).Prove(http.Caller(), RootOf(http), key).WaitAsync(http.RequestAborted);
        var value = new StateKeyValue(
            view.Root,
            Convert.ToHexStringLower(key.Span),
            view.Value,
            withProof ? view.Proof : (ReadOnlyMemory<byte>?)null
        );
        return new JsonAnswer<StateKeyValue>(value, ApiJson.Default.StateKeyValue) { IsLarge = true };
    }

    /// <summary>
    /// The next part of a program's whole state, with the proof that no entry is missing, for accounts that have deployed it.
    /// </summary>
    internal static async Task<JsonAnswer<StateExport>> Export(HttpContext http, string program, IGrainFactory grains)
    {
        Bytes32? after = RequestReader.Text(http, AfterPath.Name) is { } text
            ? Bytes32.TryParse(text, out var path)
                ? path
                : throw RequestReader.Malformed(GatewayMessages.BadId("the end of a chunk", text, "64 hexadecimal digits"))
            : null;
        var view = await StateOf(grains, program).Export(http.Caller(), RootOf(http), after).WaitAsync(http.RequestAborted);
        var export = new StateExport(view.Root, view.Chunk, view.Next?.ToString());
        return new JsonAnswer<StateExport>(export, ApiJson.Default.StateExport) { IsLarge = true };
    }

    /// <summary>
    /// Brings one chunk of an exported state into a program that has had no state, from an account that has deployed it. Chunks are sent in
    /// their order; one that was taken already changes nothing. The program's jobs wait until the last one is there.
    /// </summary>
    internal static async Task<JsonAnswer<ImportedState>> Import(HttpContext http, string program, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.StateImportRequest);
        var view = await StateOf(grains, program).Import(http.Caller(), request.Root, request.Chunk).WaitAsync(http.RequestAborted);
        return Answer.Ok(new ImportedState(view.Count, view.Next?.ToString()), ApiJson.Default.ImportedState);
    }

    private static IStateGrain StateOf(IGrainFactory grains, string program) =>
        grains.GetGrain<IStateGrain>(RequestReader.Program(program).ToString());

    private static StateRoot? RootOf(HttpContext http) =>
        RequestReader.Text(http, Root.Name) is { } text
            ? StateRoot.TryParse(text, out var root)
                ? root
                : throw RequestReader.Malformed(GatewayMessages.BadId("a state root", text, "64 hexadecimal digits"))
            : null;

    private static ReadOnlyMemory<byte> KeyOf(string text)
    {
        if (!text.StartsWith(TextWord, StringComparison.Ordinal))
        {
            return Hexadecimal("a state key", text);
        }
        // A '/' in a path reaches us as it was escaped, so that "%2F" could be either: such keys are written in hexadecimal.
        var key = text[TextWord.Length..];
        return key.Contains('%', StringComparison.Ordinal)
            ? throw RequestReader.Malformed(
                GatewayMessages.BadId("a state key", text, "hexadecimal digits, because the key has a '/' or a '%'")
            )
            : Encoding.UTF8.GetBytes(key);
    }

    private static ReadOnlyMemory<byte>? BytesOf(HttpContext http, QueryRule rule) =>
        RequestReader.Text(http, rule.Name) is { } text ? Hexadecimal($"the query's '{rule.Name}'", text) : null;

    private static ReadOnlyMemory<byte> Hexadecimal(string what, string text)
    {
        var bytes = new byte[text.Length / 2];
        return
            text.Length % 2 == 0
            && text.Length <= 2 * ProgramLimits.StateKeyBytesMax
            && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done
            ? bytes
            : throw RequestReader.Malformed(
                GatewayMessages.BadId(what, text, $"up to {2 * ProgramLimits.StateKeyBytesMax} hexadecimal digits, two for each byte")
            );
    }

    /// <summary>For people; null where a terminal or a page could not show it.</summary>
    private static string? TextOf(ReadOnlySpan<byte> key)
    {
        if (!Utf8.IsValid(key))
        {
            return null;
        }
        var text = Encoding.UTF8.GetString(key);
        return text.Any(char.IsControl) ? null : text;
    }
}
