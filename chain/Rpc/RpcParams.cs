using System.Numerics;
using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>Writes parameters of calls as the execution API has them.</summary>
internal static class RpcParams
{
    public static string Quantity(ulong number) => new BigInteger(number).ToQuantity();

    public static void Write(Utf8JsonWriter json, BlockId block)
    {
        if (block.Hash is not { } hash)
        {
            json.WriteStringValue(Quantity(block.Number));
            return;
        }
        json.WriteStartObject();
        json.WriteString("blockHash", $"0x{hash}");
        json.WriteBoolean("requireCanonical", true);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, EvmCall call, BlockId block)
    {
        json.WriteStartObject();
        if (call.From is { } from)
        {
            json.WriteString("from", from.ToString());
        }
        if (call.To is { } to)
        {
            json.WriteString("to", to.ToString());
        }
        json.WriteString("data", call.Data.Span.ToHex());
        if (!call.Value.IsZero)
        {
            json.WriteString("value", call.Value.ToQuantity());
        }
        json.WriteEndObject();
        Write(json, block);
    }

    public static void Write(Utf8JsonWriter json, LogFilter filter)
    {
        json.WriteStartObject();
        if (filter.BlockHash is { } hash)
        {
            json.WriteString("blockHash", $"0x{hash}");
        }
        else
        {
            json.WriteString("fromBlock", Quantity(filter.FromBlock));
            json.WriteString("toBlock", Quantity(filter.ToBlock));
        }
        json.WriteStartArray("address");
        filter.Addresses.ToList().ForEach(address => json.WriteStringValue(address.ToString()));
        json.WriteEndArray();
        json.WriteStartArray("topics");
        foreach (var allowed in filter.Topics)
        {
            if (allowed.Count == 0)
            {
                json.WriteNullValue();
                continue;
            }
            json.WriteStartArray();
            allowed.ToList().ForEach(topic => json.WriteStringValue($"0x{topic}"));
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
