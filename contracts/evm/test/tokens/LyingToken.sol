// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlainToken} from "./PlainToken.sol";

/// @notice Moves nothing and says that it did, or says that it did not.
contract LyingToken is PlainToken {
    bool public isLying;
    bool public answer;

    function setLie(bool isLying_, bool answer_) external {
        (isLying, answer) = (isLying_, answer_);
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        return isLying ? answer : super._move(from, to, amount);
    }
}
