using System.Text.Json;
using System.Text.Unicode;

namespace Marketplace.Chain;

/// <summary>Why an answer is not taken, before it is known which node gave it.</summary>
internal sealed class AnswerException(RpcFault fault, string message) : Exception(message)
{
    public RpcFault Fault => fault;
}

/// <summary>
/// Reads the body of an answer (<see href="https://www.jsonrpc.org/specification">JSON-RPC 2.0</see>). No other code has looked at
/// the bytes before.
/// </summary>
internal static class JsonRpcAnswers
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = RpcPolicy.DepthMax };

    /// <summary>Counts before it builds anything, so that a small body cannot take much memory.</summary>
    /// <exception cref="AnswerException">The body is no JSON, or is beyond a limit.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            throw new AnswerException(RpcFault.NotJson, "The answer is not UTF-8.");
        }
        try
        {
            // One level more than allowed, to tell depth from other faults.
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = RpcPolicy.DepthMax + 1 });
            for (var values = 0; reader.Read(); values++)
            {
                if (reader.CurrentDepth >= RpcPolicy.DepthMax && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                {
                    throw new AnswerException(RpcFault.TooDeep, $"The answer has more than {RpcPolicy.DepthMax} levels.");
                }
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    // Half a surrogate pair would fail only where the text is read.
                    reader.GetString();
                }
                if (values >= RpcPolicy.ValuesMax)
                {
                    throw new AnswerException(RpcFault.TooManyValues, $"The answer has more than {RpcPolicy.ValuesMax} names and values.");
                }
            }
            return JsonDocument.Parse(body, Strict);
        }
        catch (InvalidOperationException)
        {
            throw new AnswerException(RpcFault.NotJson, "A text of the answer is no Unicode.");
        }
        catch (JsonException malformed)
        {
            throw new AnswerException(
                RpcFault.NotJson,
                $"The answer is no JSON, or names a member twice (line {malformed.LineNumber}, byte {malformed.BytePositionInLine})."
            );
        }
    }

    /// <summary>The answers in the order of the calls.</summary>
    /// <exception cref="AnswerException">They are not one to each call.</exception>
    public static JsonElement[] Match(JsonElement body, long firstId, int count)
    {
        // A server that refuses a whole batch answers with one error, which is to no call.
        if (count == 1 || body.ValueKind == JsonValueKind.Object)
        {
            RequireEnvelope(body);
            return body.TryGetProperty("error", out _) && (count > 1 || IsOfNoCall(body)) ? [.. Enumerable.Repeat(body, count)]
                : IndexOf(body, firstId, 1) == 0 && count == 1 ? [body]
                : throw new AnswerException(RpcFault.NoAnswer, $"One answer came to {count} calls.");
        }
        if (body.ValueKind != JsonValueKind.Array)
        {
            throw new AnswerException(RpcFault.NoAnswer, $"The answer to {count} calls is a JSON {body.ValueKind}.");
        }
        var answers = new JsonElement?[count];
        foreach (var answer in body.EnumerateArray())
        {
            RequireEnvelope(answer);
            var index = IndexOf(answer, firstId, count);
            answers[index] = answers[index] is null
                ? answer
                : throw new AnswerException(RpcFault.DoubledId, $"Two answers are to call {index + 1} of {count}.");
        }
        return
        [
            .. answers.Select(
                (answer, index) => answer ?? throw new AnswerException(RpcFault.MissingId, $"No answer is to call {index + 1} of {count}.")
            ),
        ];
    }

    private static bool IsOfNoCall(JsonElement answer) => answer.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Null;

    private static void RequireEnvelope(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object)
        {
            throw new AnswerException(RpcFault.NoAnswer, $"A JSON {answer.ValueKind} stands where an answer belongs.");
        }
        if (!answer.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"))
        {
            throw new AnswerException(RpcFault.NoAnswer, "The answer does not say that it is JSON-RPC 2.0.");
        }
        if (answer.TryGetProperty("result", out _) == answer.TryGetProperty("error", out _))
        {
            throw new AnswerException(RpcFault.NoAnswer, "The answer has not either a result or an error.");
        }
    }

    private static int IndexOf(JsonElement answer, long firstId, int count) =>
        answer.TryGetProperty("id", out var id)
        && id.ValueKind == JsonValueKind.Number
        && id.TryGetInt64(out var number)
        && number >= firstId
        && number - firstId < count
            ? (int)(number - firstId)
            : throw new AnswerException(RpcFault.ForeignId, "An answer is to a call that was not made.");
}

/// <summary>The answer to one call: a result, or an error, which is thrown where the result is read.</summary>
internal readonly struct JsonRpcAnswer(JsonElement envelope, RpcEndpoint endpoint)
{
    /// <summary>Codes of a revert: EIP-1474 has none, geth and most others say 3, Nethermind and OpenEthereum -32015.</summary>
    private const int RevertCode = 3;
    private const int OldRevertCode = -32015;
    private const string OldRevertPrefix = "Reverted ";

    /// <summary>Providers repeat the HTTP status in an answer that is otherwise well.</summary>
    private const int TooManyRequestsCode = 429;

    /// <exception cref="RpcErrorException">The node answers with an error.</exception>
    public JsonElement Result => envelope.TryGetProperty("result", out var result) ? result : throw Error(mayRevert: false);

    /// <inheritdoc cref="Result"/>
    /// <exception cref="EvmRevertException">The contract reverts.</exception>
    public JsonElement ResultOfCall => envelope.TryGetProperty("result", out var result) ? result : throw Error(mayRevert: true);

    private RpcException Error(bool mayRevert)
    {
        var error = envelope.GetProperty("error");
        if (
            error.ValueKind != JsonValueKind.Object
            || !error.TryGetProperty("code", out var code)
            || code.ValueKind != JsonValueKind.Number
            || !code.TryGetInt32(out var number)
            || !error.TryGetProperty("message", out var message)
            || message.ValueKind != JsonValueKind.String
        )
        {
            throw new AnswerException(RpcFault.MalformedError, "The error has not both a code of 32 bits and a message.");
        }
        var said = message.GetString()!;
        return mayRevert && (number is RevertCode or OldRevertCode || said.Contains("revert", StringComparison.OrdinalIgnoreCase))
                ? new EvmRevertException(endpoint, RevertData(error))
            : number == TooManyRequestsCode ? new RpcErrorException(endpoint, RpcFault.RateLimited, number, said)
            : new RpcErrorException(endpoint, RpcFault.NodeError, number, said);
    }

    private static byte[] RevertData(JsonElement error)
    {
        if (!error.TryGetProperty("data", out var data) || data.ValueKind == JsonValueKind.Null)
        {
            return [];
        }
        var text = data.ValueKind == JsonValueKind.String ? data.GetString()! : "";
        var hex = text.StartsWith(OldRevertPrefix, StringComparison.Ordinal) ? text[OldRevertPrefix.Length..] : text;
        return AnswerValues.TryData(hex, RpcPolicy.CallBytesMax, out var bytes)
            ? bytes
            : throw new AnswerException(RpcFault.MalformedError, "The data of a revert are no bytes in hex.");
    }
}
