// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlainToken} from "./PlainToken.sol";

/// @notice What is called before and after its tokens move.
interface IHook {
    function onMove() external;
}

/// @notice Calls who pays and who is paid, like ERC-777.
contract ReentrantToken is PlainToken {
    mapping(address account => IHook) public hooks;

    function setHook(address account, IHook hook) external {
        hooks[account] = hook;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        if (address(hooks[from]) != address(0)) {
            hooks[from].onMove();
        }
        super._move(from, to, amount);
        if (address(hooks[to]) != address(0)) {
            hooks[to].onMove();
        }
        return true;
    }
}
