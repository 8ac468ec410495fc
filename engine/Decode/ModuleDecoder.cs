namespace Marketplace.Engine.Decode;

internal static class ModuleDecoder
{
    public static ModuleContent Decode(ReadOnlyMemory<byte> bytes, EngineLimits limits) => throw new NotSupportedException();
}
