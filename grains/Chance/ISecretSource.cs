namespace Marketplace.Grains;

/// <summary>Bytes that cannot be guessed. A simulated run injects seeded ones.</summary>
public interface ISecretSource
{
    void Fill(Span<byte> destination);
}
