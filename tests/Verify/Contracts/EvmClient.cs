using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>A call of a contract.</summary>
/// <param name="From">Who calls; the node signs for everybody.</param>
/// <param name="To">The contract.</param>
/// <param name="Data">The function and its arguments.</param>
internal sealed record EvmRequest(EvmAddress From, EvmAddress To, byte[] Data);

/// <summary>What a call gave.</summary>
/// <param name="IsRefused">The contract reverted.</param>
/// <param name="Data">What it returned, or reverted with.</param>
internal sealed record EvmAnswer(bool IsRefused, byte[] Data);

/// <summary>A block that calls are run in, as if it came next.</summary>
internal readonly record struct EvmMoment(ulong Number, ulong Time);

/// <summary>
/// Hundreds of calls of a development node in one request, in a block that comes next, and transactions of any address without a signature.
/// It is not an <c>IEvmRpc</c>: that one asks strangers, so it has one question a request, judges the answer and signs what it sends, and
/// would have to take those checks back for a node of our own.
/// </summary>
internal sealed class EvmClient(AnvilNode node) : IDisposable
{
    /// <summary>Gas of a call and of a transaction: the most that Osaka allows (EIP-7825).</summary>
    private const string Gas = "0xffffff";

    /// <summary>Wei for a unit of gas; nobody here runs out of it.</summary>
    private const string GasPrice = "0x77359400";

    /// <summary>The node reads requests of two million bytes.</summary>
    private const int RequestBytesMax = 1_000_000;

    private const int CallsMax = 200;
    private const int RevertCode = 3;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>How many requests went to the node.</summary>
    public int Requests { get; private set; }

    /// <summary>How many transactions it mined.</summary>
    public int Transactions { get; private set; }

    /// <summary>Each transaction gets a block of its own, a second after the one before, from any address.</summary>
    public async Task Prepare()
    {
        await Tell("evm_setAutomine", "true");
        await Tell("anvil_autoImpersonateAccount", "true");
        await Tell("anvil_setBlockTimestampInterval", "1");
    }

    public Task Fund(EvmAddress address) => Tell("anvil_setBalance", $"\"{address}\"", "\"0xffffffffffffffffffffffff\"");

    /// <summary>The newest block.</summary>
    public async Task<EvmMoment> ReadHead()
    {
        var block = await Tell("eth_getBlockByNumber", "\"latest\"", "false");
        return new EvmMoment(Number(block.GetProperty("number")), Number(block.GetProperty("timestamp")));
    }

    /// <summary>A block without transactions comes at this time.</summary>
    public async Task MineAt(ulong time)
    {
        await Tell("evm_setNextBlockTimestamp", time.ToString(CultureInfo.InvariantCulture));
        await Tell("evm_mine");
    }

    /// <summary>Runs calls one beside the other; none sees what another would change.</summary>
    /// <param name="calls">As many as wanted.</param>
    /// <param name="at">The block they are run in; null: the newest one.</param>
    /// <returns>One for each, in their order.</returns>
    public async Task<EvmAnswer[]> Call(IReadOnlyList<EvmRequest> calls, EvmMoment? at = null)
    {
        var answers = new EvmAnswer[calls.Count];
        for (var first = 0; first < calls.Count; )
        {
            var (count, bytes) = (0, 0);
            while (first + count < calls.Count && count < CallsMax && (count == 0 || bytes < RequestBytesMax))
            {
                bytes += 2 * calls[first + count].Data.Length;
                count++;
            }
            if (count > 1 && bytes > RequestBytesMax)
            {
                count--;
            }
            var start = first;
            using var document = await Post(writer => WriteCalls(writer, calls, start, count, at));
            foreach (var answer in document.RootElement.EnumerateArray())
            {
                answers[answer.GetProperty("id").GetInt32()] = Read(answer);
            }
            first += count;
        }
        return answers;
    }

    public async Task<EvmAnswer> Call(EvmRequest call) => (await Call([call]))[0];

    /// <summary>A transaction, in a block when this returns.</summary>
    /// <returns>Whether it succeeded, and its block.</returns>
    public async Task<(bool Succeeded, ulong Block)> Send(EvmRequest call)
    {
        Transactions++;
        var receipt = await Tell("eth_sendTransactionSync", writer => WriteCall(writer, call.From, call.To, call.Data));
        return (Number(receipt.GetProperty("status")) == 1, Number(receipt.GetProperty("blockNumber")));
    }

    /// <summary>A transaction that must succeed.</summary>
    public async Task Do(EvmRequest call, string what)
    {
        if (!(await Send(call)).Succeeded)
        {
            var answer = await Call(call);
            throw new InvalidOperationException($"{what}: the contract reverts with 0x{Convert.ToHexStringLower(answer.Data)}.");
        }
    }

    /// <returns>The contract's address.</returns>
    public async Task<EvmAddress> Deploy(EvmAddress from, byte[] creation)
    {
        Transactions++;
        var receipt = await Tell("eth_sendTransactionSync", writer => WriteCall(writer, from, to: null, creation));
        return Number(receipt.GetProperty("status")) == 1
            ? EvmAddress.Parse(receipt.GetProperty("contractAddress").GetString()!)
            : throw new InvalidOperationException("A contract could not be created.");
    }

    public void Dispose() => _http.Dispose();

    /// <param name="method">Any.</param>
    /// <param name="parameters">Each as JSON.</param>
    public Task<JsonElement> Tell(string method, params string[] parameters) =>
        Tell(
            method,
            writer =>
            {
                foreach (var parameter in parameters)
                {
                    writer.WriteRawValue(parameter);
                }
            }
        );

    private async Task<JsonElement> Tell(string method, Action<Utf8JsonWriter> parameters)
    {
        using var document = await Post(writer => WriteMethod(writer, 1, method, parameters));
        return document.RootElement.TryGetProperty("result", out var result)
            ? result.Clone()
            : throw new InvalidOperationException($"{method}: {document.RootElement}");
    }

    private async Task<JsonDocument> Post(Action<Utf8JsonWriter> write)
    {
        Requests++;
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            write(writer);
        }
        using var content = new ReadOnlyMemoryContent(body.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync(new Uri(node.Endpoint.Name), content);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
    }

    private static void WriteCalls(Utf8JsonWriter writer, IReadOnlyList<EvmRequest> calls, int first, int count, EvmMoment? at)
    {
        writer.WriteStartArray();
        for (var index = first; index < first + count; index++)
        {
            var call = calls[index];
            WriteMethod(
                writer,
                index,
                "eth_call",
                parameters =>
                {
                    WriteCall(parameters, call.From, call.To, call.Data);
                    parameters.WriteStringValue("latest");
                    if (at is { } moment)
                    {
                        parameters.WriteNullValue();
                        parameters.WriteRawValue($"{{\"number\":\"0x{moment.Number:x}\",\"time\":\"0x{moment.Time:x}\"}}");
                    }
                }
            );
        }
        writer.WriteEndArray();
    }

    private static void WriteMethod(Utf8JsonWriter writer, int id, string method, Action<Utf8JsonWriter> parameters)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc", "2.0");
        writer.WriteNumber("id", id);
        writer.WriteString("method", method);
        writer.WriteStartArray("params");
        parameters(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter writer, EvmAddress from, EvmAddress? to, byte[] data)
    {
        writer.WriteStartObject();
        writer.WriteString("from", from.ToString());
        if (to is { } contract)
        {
            writer.WriteString("to", contract.ToString());
        }
        writer.WriteString("gas", Gas);
        writer.WriteString("gasPrice", GasPrice);
        writer.WriteString("data", "0x" + Convert.ToHexStringLower(data));
        writer.WriteEndObject();
    }

    private static EvmAnswer Read(JsonElement answer)
    {
        if (answer.TryGetProperty("result", out var result))
        {
            return new EvmAnswer(IsRefused: false, Bytes(result));
        }
        var error = answer.GetProperty("error");
        return error.GetProperty("code").GetInt32() == RevertCode && error.TryGetProperty("data", out var data)
            ? new EvmAnswer(IsRefused: true, Bytes(data))
            : throw new InvalidOperationException($"eth_call: {error}");
    }

    private static byte[] Bytes(JsonElement hex) => Convert.FromHexString(hex.GetString().AsSpan(2));

    private static ulong Number(JsonElement hex) =>
        ulong.Parse(hex.GetString().AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
