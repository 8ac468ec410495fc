using System.Reflection;
using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// The numbers by which a module's code names what it uses. The builder would look up each of them in the metadata at every use, which took
/// half of the time of emitting.
/// </summary>
internal sealed class ModuleTokens(ModuleBuilder builder)
{
    private readonly Dictionary<FieldInfo, int> _fields = [];
    private readonly Dictionary<Type, int> _types = [];
    private readonly Dictionary<MethodInfo, int> _methods = [];
    private readonly Dictionary<FunctionType, int> _signatures = [];

    public int Of(FieldInfo field)
    {
        if (!_fields.TryGetValue(field, out var token))
        {
            _fields.Add(field, token = builder.GetFieldMetadataToken(field));
        }

        return token;
    }

    public int Of(Type type)
    {
        if (!_types.TryGetValue(type, out var token))
        {
            _types.Add(type, token = builder.GetTypeMetadataToken(type));
        }

        return token;
    }

    public int Of(MethodInfo method)
    {
        if (!_methods.TryGetValue(method, out var token))
        {
            _methods.Add(method, token = builder.GetMethodMetadataToken(method));
        }

        return token;
    }

    /// <summary>Of the signature for calls of guests' functions of this type by their address.</summary>
    public int Of(FunctionType type)
    {
        if (!_signatures.TryGetValue(type, out var token))
        {
            var signature = SignatureHelper.GetMethodSigHelper(builder, CallingConventions.Standard, GuestSignature.Result(type));
            signature.AddArguments(GuestSignature.Parameters(type), null, null);
            _signatures.Add(type, token = builder.GetSignatureMetadataToken(signature));
        }

        return token;
    }
}
